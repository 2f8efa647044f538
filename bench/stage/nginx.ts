import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../test/support/ports.js';
import { need } from './need.js';

export interface Nginx {
  readonly endpoint: string;
  /** Of the master, whose children do the work. */
  readonly pid: number;
  stop(): Promise<void>;
}

const READY_WITHIN_MS = 5_000;

/** One worker, all that costs a disk or a log off. */
const configuration = (folder: string, http: string): string => `
daemon off; worker_processes 1; pid ${folder}/pid; error_log stderr error;
${process.getuid?.() === 0 ? 'user root;' : ''}
events { worker_connections 4096; }
http {
  access_log off; default_type application/octet-stream;
  sendfile on; tcp_nopush on; tcp_nodelay on; open_file_cache max=1000;
  keepalive_requests 1000000000; client_max_body_size 0;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi; uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  ${http}
}`;

/** Serves the files of a folder under any bucket's \`/static/\`, and hands all else to a store: the quickest backend there is. */
export const startOrigin = (files: string, store: string): Promise<Nginx> =>
  startNginx(
    (port) => `
  server {
    listen 127.0.0.1:${port};
    location ~ ^/[^/]+/static/(.*)$ { alias ${files}/$1; }
    location / { proxy_pass ${store}; proxy_set_header Host $http_host; proxy_request_buffering off; }
  }`,
  );

/** Passes everything on as it is, over connections that are kept: what a proxy costs that knows nothing of S3. */
export const startProxy = (origin: string): Promise<Nginx> =>
  startNginx(
    (port) => `
  upstream origin { server ${origin.replace('http://', '')}; keepalive 128; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_buffers 16 64k; proxy_buffer_size 64k; proxy_busy_buffers_size 128k; proxy_max_temp_file_size 0;
      proxy_request_buffering off;
    }
  }`,
  );

/** @throws Error when nginx is not installed, or does not listen within 5 s */
async function startNginx(http: (port: number) => string): Promise<Nginx> {
  need('nginx');
  const folder = await mkdtemp(join(tmpdir(), 'penumbra-nginx-'));
  const port = await freePort();
  await writeFile(join(folder, 'nginx.conf'), configuration(folder, http(port)));
  await mkdir(join(folder, 'logs'));
  const child = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { PATH: `${process.env.PATH}:/usr/sbin` },
  });
  await listening(child, port);
  return {
    endpoint: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    async stop() {
      child.kill('SIGTERM');
      await once(child, 'exit');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function listening(child: ChildProcess, port: number): Promise<void> {
  let failure: Error | undefined;
  child.once('error', (error) => {
    failure = error;
  });
  for (const since = performance.now(); performance.now() - since < READY_WITHIN_MS; await sleep(20)) {
    if (failure) throw failure;
    if (child.exitCode !== null) throw new Error(`nginx ended with ${child.exitCode}`);
    if (await accepts(port)) return;
  }
  child.kill('SIGKILL');
  throw new Error('nginx does not listen');
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    }).on('error', () => resolve(false));
  });
}
