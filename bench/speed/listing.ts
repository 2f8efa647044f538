import type { Credentials } from '../../src/s3/sigv4/sign.js';
import { shadowFlags } from '../mover.js';
import type { Client } from '../stage/client.js';
import { type Contestant, contest } from '../stage/contest.js';
import { type Effort, FULL } from '../stage/effort.js';
import { inTurn } from '../stage/in-turn.js';
import { compared, type Row } from '../stage/row.js';
import { BUCKET, Stage, signed } from '../stage/stage.js';
import { startStoreProcess } from '../store-process.js';

const KEYS = 100_000;
const MEASURE = 'listing of 100,000 keys, half of them in each store';

/** All pages of a merged listing, beside those of one store that has all keys, with a gateway before it and without. The stores compute their keys. */
export const listing = ({ rounds }: Effort = FULL): Promise<Row[]> =>
  Stage.set(async (stage) => {
    const start = (...lacking: readonly string[]) =>
      stage.start(
        startStoreProcess('./procedural/procedural-process.js', ['uuids', String(KEYS), ...lacking]),
      );
    const shadow = await start('2', '0');
    const merged = await stage.gateway(await start('2', '1'), { flags: shadowFlags(shadow, BUCKET) });
    const whole = await start();
    const plain = await stage.gateway(whole, { name: 'plain' });
    const { ours, direct, through } = await contest(
      {
        ours: listed(merged.url, merged.credentials),
        direct: listed(whole.endpoint, whole),
        through: listed(plain.url, plain.credentials),
      },
      rounds,
    );
    return [
      compared(MEASURE, 'p50Ms', { ours, baseline: ['one store', direct], limit: { atMost: 2 } }),
      compared(MEASURE, 'p50Ms', { ours, baseline: ['one store through the gateway', through] }),
    ];
  });

const listed = (endpoint: string, credentials: Credentials): Contestant => ({
  bear: () => inTurn(1, (client) => listAll(client, endpoint, credentials)),
});

/** @throws Error when a key is missing, or there is one too many */
async function listAll(client: Client, endpoint: string, credentials: Credentials): Promise<{ ms: number }> {
  let [ms, keys, token] = [0, 0, ''];
  do {
    const query = [['list-type', '2'] as const, ...(token ? [['continuation-token', token] as const] : [])];
    const answer = await client.ask(signed(endpoint, credentials, { query }));
    const page = answer.body.toString();
    ms += answer.ms;
    keys += page.split('<Key>').length - 1;
    token = /<NextContinuationToken>(.*?)</.exec(page)?.[1] ?? '';
  } while (token !== '');
  if (keys !== KEYS) throw new Error(`${endpoint} lists ${keys} of ${KEYS} keys`);
  return { ms };
}
