import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './ports.js';
import { type RunningProcess, startProcess } from './processes.js';

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** Ends the server, as a crash does with SIGKILL; what was stored is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same port, empty. */
  restart(): Promise<void>;
  /** Ends it and removes its folder. */
  close(): Promise<void>;
}

/** A real redis-server of its own on a free port of loopback, without persistence. */
export async function startRedis(): Promise<RedisServer> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'penumbra-redis-'));
  const args = [
    '--port',
    `${port}`,
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--dir',
    folder,
  ];
  const start = () => startProcess('redis-server', args, { until: /Ready to accept connections/ });
  let server: RunningProcess = await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    async stop(signal) {
      await server.stop(signal);
    },
    async restart() {
      await server.stop();
      server = await start();
    },
    async close() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
