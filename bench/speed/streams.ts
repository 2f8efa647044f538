import { get } from 'node:http';
import { shadowFlags } from '../mover.js';
import { residentMiB } from '../process-stats.js';
import type { Row } from '../stage/row.js';
import { type Signed, Stage, signed } from '../stage/stage.js';
import { startStoreProcess } from '../store-process.js';
import { BIG_PREFIX } from '../synthetic-store.js';

const STREAMS = 64;
const OBJECT_BYTES = 256 * 1024 * 1024;
const MEASURE = '64 GETs of 256 MiB at once through the shadow, copied in the same pass';

/** Memory of the gateway while 64 clients read 256 MiB each through the shadow: one store makes the bytes up, the other swallows them. */
export const streams = (): Promise<Row[]> =>
  Stage.set(async (stage) => {
    const startStore = (role: 'origin' | 'sink') =>
      stage.start(startStoreProcess('./synthetic-store-process.js', [role, String(OBJECT_BYTES)]));
    const [origin, sink] = [await startStore('origin'), await startStore('sink')];
    const { url, credentials, pid } = await stage.gateway(sink, { flags: shadowFlags(origin) });
    const atRest = await residentMiB(pid, 'VmRSS');
    const begun = performance.now();
    const keys = Array.from({ length: STREAMS }, (_, index) => `${BIG_PREFIX}${index}`);
    await Promise.all(keys.map((key) => swallow(signed(url, credentials, { key }))));
    const seconds = (performance.now() - begun) / 1_000;
    const peak = await residentMiB(pid, 'VmHWM');
    const rate = (STREAMS * OBJECT_BYTES) / 1024 / 1024 / seconds;
    return [
      { measure: MEASURE, unit: 'MiB of memory at most', ours: [peak], limit: { atMost: 300 } },
      { measure: 'before them', unit: 'MiB of memory', ours: [atRest] },
      { measure: 'to the clients, and as much again to the target', unit: 'MiB/s', ours: [rate] },
    ];
  });

async function swallow({ url, headers }: Signed): Promise<void> {
  const received = await new Promise<number>((resolve, reject) => {
    get(url, { agent: false, headers }, (response) => {
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
