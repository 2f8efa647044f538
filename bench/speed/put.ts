import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Credentials } from '../../src/s3/sigv4/sign.js';
import type { Store } from '../mover.js';
import { type Contestant, contest, type Rounds } from '../stage/contest.js';
import { type Effort, FULL } from '../stage/effort.js';
import { inTurn } from '../stage/in-turn.js';
import { bear } from '../stage/load.js';
import { compared, type Row } from '../stage/row.js';
import { type BenchGateway, Stage, signed } from '../stage/stage.js';
import { startStoreProcess } from '../store-process.js';
import { BIG_PREFIX } from '../synthetic-store.js';

const KEY = `${BIG_PREFIX}put`;
const LARGE = 64 * 1024 * 1024;
/** A store keeps a large object that was replaced until it finds the time to remove it. */
const LARGE_PUTS = 4;

/** PUTs through the gateway, their payload hash verified, beside the same sent to the store directly: Ceph RGW, and one that keeps nothing. */
export const put = (effort: Effort = FULL): Promise<Row[]> =>
  Stage.set(async (stage) => {
    const rgw = await stage.rgw();
    const kept = await both(stage, { store: rgw, gateway: await stage.gateway(rgw), effort });
    const sink = await stage.start(
      startStoreProcess('./synthetic-store-process.js', ['sink', String(LARGE)]),
    );
    const swallowing = { store: sink, gateway: await stage.gateway(sink, { name: 'to-sink' }), effort };
    const swallowed = await both(stage, swallowing);
    const beside = ({ ours, direct }: Pair) => ({ ours, baseline: ['direct', direct] as const });
    const [toRgw, toSink] = ['to Ceph RGW, one connection', 'to a store that keeps nothing, one connection'];
    return [
      compared(`PUT 4 KiB ${toRgw}`, 'p50Ms', { ...beside(kept.small), limit: { atMostMore: 1 } }),
      compared(`PUT 64 MiB ${toRgw}`, 'mebibytesPerSecond', {
        ...beside(kept.large),
        limit: { atLeast: 0.9 },
      }),
      compared(`PUT 4 KiB ${toSink}`, 'p50Ms', beside(swallowed.small)),
      compared(`PUT 64 MiB ${toSink}`, 'mebibytesPerSecond', beside(swallowed.large)),
    ];
  });

interface Pair {
  readonly ours: Rounds;
  readonly direct: Rounds;
}

interface Ways {
  readonly store: Store;
  readonly gateway: BenchGateway;
  readonly effort: Effort;
}

async function both(
  stage: Stage,
  { store, gateway, effort: { seconds, rounds } }: Ways,
): Promise<{ readonly small: Pair; readonly large: Pair }> {
  const [small, large] = [randomBytes(4096), randomBytes(LARGE)];
  const bodyFile = join(stage.folder, 'small');
  await writeFile(bodyFile, small);
  const ofSmall = (one: Way): Contestant => ({
    ...one,
    bear: () => bear({ connections: 1, seconds, bodyFile, ...one.ask(small) }),
  });
  const ofLarge = (one: Way): Contestant => ({
    ...one,
    bear: () =>
      inTurn(LARGE_PUTS, async (client) => {
        const { ms } = await client.ask({ ...one.ask(large), body: large });
        return { ms, bytes: LARGE };
      }),
  });
  const ours = { pid: gateway.pid, ask: asking(gateway.url, gateway.credentials) };
  const direct = { ask: asking(store.endpoint, store) };
  return {
    small: await contest({ ours: ofSmall(ours), direct: ofSmall(direct) }, rounds),
    large: await contest({ ours: ofLarge(ours), direct: ofLarge(direct) }, rounds),
  };
}

interface Way {
  readonly pid?: number;
  ask(body: Buffer): ReturnType<typeof signed>;
}

const asking = (endpoint: string, credentials: Credentials) => (body: Buffer) => {
  const payloadHash = createHash('sha256').update(body).digest('hex');
  return signed(endpoint, credentials, { method: 'PUT', key: KEY, payloadHash });
};
