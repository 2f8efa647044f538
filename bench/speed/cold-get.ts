import { createHash, randomBytes } from 'node:crypto';
import { storage } from '../../demo/processes.js';
import { ADMIN, type Store, shadowFlags } from '../mover.js';
import type { Answer, Client } from '../stage/client.js';
import { contest } from '../stage/contest.js';
import { type Effort, FULL } from '../stage/effort.js';
import { inTurn } from '../stage/in-turn.js';
import { compared, type Row } from '../stage/row.js';
import { BUCKET, createBucket, Stage, signed } from '../stage/stage.js';

const LINE = { roundTripMs: 20 };
const GETS_PER_SECOND = 4;
/** What a gateway has done a few times only it does slowly. */
const WARM_UP = { clients: 16, gets: 25 };
const MEASURE = 'GET 4 KiB that only the shadow has, 20 ms to each store, first byte';
const LIMIT = { atMost: 1.1 };

/** How soon a first read through the shadow answers, beside a client that asks the target in vain and then the shadow. */
export const coldGet = ({ seconds, rounds }: Effort = FULL): Promise<Row[]> =>
  Stage.set(async (stage) => {
    const gets = seconds * GETS_PER_SECOND;
    const near = await stage.folderStore('shadow');
    await fill(near, WARM_UP.clients * WARM_UP.gets + 2 * gets * (rounds + 1));
    const shadow = await stage.far(near, LINE);
    const target = await stage.far(await stage.folderStore('target'), LINE);
    const gateway = await stage.gateway(target, { flags: shadowFlags(shadow, BUCKET) });

    let read = 0;
    const cold = (client: Client) =>
      client.ask(signed(gateway.url, gateway.credentials, { key: String(read++) }));
    const fromShadow = (client: Client) => client.ask(signed(shadow.endpoint, shadow, { key: '0' }));
    const miss = (client: Client) =>
      client.ask({ ...signed(target.endpoint, target, { key: 'missing' }), status: 404 });
    const beside = async (...asks: Asking[]) => {
      const contestants = { ours: firstBytes(gets, cold), direct: firstBytes(gets, ...asks) };
      return contest(contestants, rounds);
    };

    await Promise.all(Array.from({ length: WARM_UP.clients }, () => inTurn(WARM_UP.gets, cold)));
    const through = await beside(miss, fromShadow);
    await storage(['update', BUCKET, '--shadow-write-through'], { ...ADMIN, PENUMBRA_URL: gateway.url });
    const writing = await beside(miss, miss, fromShadow);
    return [
      compared(MEASURE, 'p50Ms', {
        ours: through.ours,
        baseline: ['target, shadow', through.direct],
        limit: LIMIT,
      }),
      compared(`${MEASURE}, with write-through`, 'p50Ms', {
        ours: writing.ours,
        baseline: ['target, target, shadow', writing.direct],
        limit: LIMIT,
      }),
    ];
  });

type Asking = (client: Client) => Promise<Answer>;

/** What a client waits for the first bytes of the last of some answers, which it asks for one after the other. */
const firstBytes = (times: number, ...asks: readonly Asking[]) => ({
  bear: () =>
    inTurn(times, async (client) => {
      let ms = 0;
      for (const [index, ask] of asks.entries()) {
        const answer = await ask(client);
        ms += index === asks.length - 1 ? answer.firstByteMs : answer.ms;
      }
      return { ms };
    }),
});

async function fill(store: Store, objects: number): Promise<void> {
  await createBucket(store);
  const body = randomBytes(4096);
  const payloadHash = createHash('sha256').update(body).digest('hex');
  let key = 0;
  await inTurn(objects, (client) =>
    client.ask({
      ...signed(store.endpoint, store, { method: 'PUT', key: String(key++), payloadHash }),
      body,
    }),
  );
}
