import { createHash, randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Store } from '../mover.js';
import { type Contestant, contest } from '../stage/contest.js';
import { type Effort, FULL } from '../stage/effort.js';
import { inTurn } from '../stage/in-turn.js';
import { bear } from '../stage/load.js';
import { startOrigin } from '../stage/nginx.js';
import { compared, type Row } from '../stage/row.js';
import { BUCKET, createBucket, Stage, signed } from '../stage/stage.js';

const KEY = 'small';
const CONNECTIONS = 16;

/** Small objects of a bucket that is a folder: read beside files that nginx serves, written beside Ceph RGW. */
export const folders = async (effort: Effort = FULL): Promise<Row[]> => [
  ...(await folderGet(effort)),
  ...(await folderPut(effort)),
];

const folderGet = ({ seconds, rounds }: Effort): Promise<Row[]> =>
  Stage.set(async (stage) => {
    const store = await stage.folderStore('store');
    await createBucket(store);
    const body = randomBytes(4096);
    await inTurn(1, (client) => client.ask({ ...putting(store, body), body }));
    const origin = await stage.start(startOrigin(await folderOf(stage, body), store.endpoint));
    const load = { connections: CONNECTIONS, seconds };
    const { ours, nginx } = await contest(
      {
        ours: {
          pid: store.pid,
          bear: () => bear({ ...load, ...signed(store.endpoint, store, { key: KEY }) }),
        },
        nginx: {
          pid: origin.pid,
          bear: () => bear({ ...load, url: `${origin.endpoint}/${BUCKET}/static/${KEY}`, headers: {} }),
        },
      },
      rounds,
    );
    const baseline = ['nginx static', nginx] as const;
    return [
      compared('GET 4 KiB of a folder', 'cpuPerRequest', { ours, baseline, limit: { atMost: 4 } }),
      compared('GET 4 KiB of a folder', 'requestsPerSecond', { ours, baseline }),
    ];
  });

const folderPut = ({ seconds, rounds }: Effort): Promise<Row[]> =>
  Stage.set(async (stage) => {
    const [folder, rgw] = [await stage.folderStore('store'), await stage.rgw()];
    const body = randomBytes(4096);
    const bodyFile = join(await folderOf(stage, body), KEY);
    for (const store of [folder, rgw]) await createBucket(store);
    const beside = (connections: number) => {
      const load = { connections, seconds, bodyFile };
      const to = (store: Store): Contestant => ({ bear: () => bear({ ...load, ...putting(store, body) }) });
      return contest({ ours: to(folder), rgw: to(rgw) }, rounds);
    };
    const [alone, many] = [await beside(1), await beside(CONNECTIONS)];
    return [
      compared('PUT 4 KiB to a folder, one connection', 'p50Ms', {
        ours: alone.ours,
        baseline: ['Ceph RGW', alone.rgw],
        limit: { atMost: 1 },
      }),
      compared(`PUT 4 KiB to a folder, ${CONNECTIONS} connections`, 'requestsPerSecond', {
        ours: many.ours,
        baseline: ['Ceph RGW', many.rgw],
        limit: { atLeast: 1 },
      }),
    ];
  });

const putting = (store: Store, body: Buffer) =>
  signed(store.endpoint, store, {
    method: 'PUT',
    key: KEY,
    payloadHash: createHash('sha256').update(body).digest('hex'),
  });

async function folderOf(stage: Stage, body: Buffer): Promise<string> {
  const folder = join(stage.folder, 'files');
  await mkdir(folder);
  await writeFile(join(folder, KEY), body);
  return folder;
}
