import '../demo/quiet-sdk.js';
import { mkdtemp, rm } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { type Served, serve, storage } from '../demo/processes.js';
import { ADMIN, configure, type Store, shadowFlags } from './mover.js';
import { residentMiB } from './process-stats.js';
import { startStoreProcess } from './store-process.js';
import { BIG_PREFIX } from './synthetic-store.js';

const STREAMS = 64;
const OBJECT_BYTES = 256 * 1024 * 1024;
const LIMIT_MIB = 300;

/** Peak memory of the gateway while 64 clients read 256 MiB each through the shadow, every object copied in the same pass. */
export async function manyStreams(): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'penumbra-bench-'));
  const [origin, sink] = [await startStore('origin'), await startStore('sink')];
  let gateway: Served | undefined;
  try {
    gateway = await serve('gateway', folder, ADMIN, ['--config', await configure(sink, folder)]);
    const urls = await presign(gateway.url, origin);
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
    await Promise.all([origin.stop(), sink.stop()]);
    await rm(folder, { recursive: true, force: true });
  }
}

const startStore = (role: 'origin' | 'sink') =>
  startStoreProcess('./synthetic-store-process.js', [role, String(OBJECT_BYTES)]);

async function presign(url: string, origin: Store): Promise<string[]> {
  const cli = { ...ADMIN, PENUMBRA_URL: url };
  const created = JSON.parse(
    await storage(['create', '-n', 'streams', ...shadowFlags(origin), '--json'], cli),
  );
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
