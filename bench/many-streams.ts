import '../demo/quiet-sdk.js';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { type Served, serve, storage } from '../demo/processes.js';
import { BIG_PREFIX } from './synthetic-store.js';

const STREAMS = 64;
const OBJECT_BYTES = 256 * 1024 * 1024;
const LIMIT_MIB = 300;
const ADMIN = { PENUMBRA_ADMIN_PASSWORD: 'password-of-the-bench', PENUMBRA_LOG_LEVEL: 'warn' };

/** Peak memory of the gateway while 64 clients read 256 MiB each through the shadow, every object copied in the same pass. */
export async function manyStreams(): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'penumbra-bench-'));
  const stores = [await startStore('origin'), await startStore('sink')];
  let gateway: Served | undefined;
  try {
    gateway = await serve('gateway', folder, ADMIN, [
      '--config',
      await configure(folder, stores[1]?.endpoint ?? ''),
    ]);
    const urls = await presign(gateway.url, stores[0]?.endpoint ?? '');
    const atRest = await residentMiB(gateway.pid, 'VmRSS');
    const started = performance.now();
    await Promise.all(urls.map(swallow));
    const seconds = (performance.now() - started) / 1000;
    const peak = await residentMiB(gateway.pid, 'VmHWM');
    if (peak > LIMIT_MIB) process.exitCode = 1;
    const rate = (STREAMS * OBJECT_BYTES) / 1024 / 1024 / seconds;
    return [
      `${STREAMS} streams of 256 MiB through the shadow, each copied to the target in the same pass: ${seconds.toFixed(1)} s`,
      `${rate.toFixed(0)} MiB/s to the clients, as much again to the target`,
      `gateway RSS: ${atRest.toFixed(0)} MiB at rest, ${peak.toFixed(0)} MiB at its peak (limit ${LIMIT_MIB})`,
    ];
  } finally {
    await gateway?.stop();
    for (const store of stores) store.process.kill();
    await rm(folder, { recursive: true, force: true });
  }
}

interface StoreProcess {
  readonly endpoint: string;
  readonly process: ChildProcess;
}

/** In a process of its own, so that the gateway's memory is the gateway's alone. */
async function startStore(role: 'origin' | 'sink'): Promise<StoreProcess> {
  const script = fileURLToPath(new URL('./synthetic-store-process.js', import.meta.url));
  const child = spawn(process.execPath, [script, role, String(OBJECT_BYTES)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const endpoint = await new Promise<string>((resolve) =>
    child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString().trim())),
  );
  return { endpoint, process: child };
}

async function configure(folder: string, sink: string): Promise<string> {
  const path = join(folder, 'penumbra.yaml');
  const backend = {
    name: 'sink',
    type: 's3',
    endpoint: sink,
    region: 'auto',
    access_key_id: 'a',
    secret_access_key: 'b',
  };
  await writeFile(path, JSON.stringify({ storage: { default_backend: 'sink', backends: [backend] } }));
  return path;
}

async function presign(url: string, origin: string): Promise<string[]> {
  const shadow = [
    '--shadow-endpoint',
    origin,
    '--shadow-region',
    'auto',
    '--shadow-access-key',
    'a',
    '--shadow-secret-key',
    'b',
  ];
  const cli = { ...ADMIN, PENUMBRA_URL: url };
  const created = JSON.parse(await storage(['create', '-n', 'streams', ...shadow, '--json'], cli));
  const credentials = { accessKeyId: created.access_key_id, secretAccessKey: created.secret_access_key };
  const s3 = new S3Client({ endpoint: url, region: 'auto', credentials, forcePathStyle: true });
  const keys = Array.from({ length: STREAMS }, (_, index) => `${BIG_PREFIX}${index}`);
  return Promise.all(keys.map((Key) => getSignedUrl(s3, new GetObjectCommand({ Bucket: 'streams', Key }))));
}

async function swallow(url: string): Promise<void> {
  const received = await new Promise<number>((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      response.on('end', () => resolve(bytes));
      response.on('error', reject);
    }).on('error', reject);
  });
  if (received !== OBJECT_BYTES) throw new Error(`a stream of ${received} bytes`);
}

async function residentMiB(pid: number, field: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024;
}
