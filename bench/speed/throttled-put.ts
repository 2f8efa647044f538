import { createHash, randomBytes } from 'node:crypto';
import type { Credentials } from '../../src/s3/sigv4/sign.js';
import { shadowFlags } from '../mover.js';
import { type Contestant, contest } from '../stage/contest.js';
import { type Effort, FULL } from '../stage/effort.js';
import { inTurn } from '../stage/in-turn.js';
import { compared, type Row } from '../stage/row.js';
import { BUCKET, createBucket, Stage, signed } from '../stage/stage.js';

const BYTES = 64 * 1024 * 1024;
const LINE = { bytesPerSecond: 40e6 };
const KEY = 'large';
const MEASURE = 'PUT 64 MiB with write-through, 40 MB/s to each store';

/** What it costs to write to both stores at once, beside one of them alone. */
export const throttledPut = ({ rounds }: Effort = FULL): Promise<Row[]> =>
  Stage.set(async (stage) => {
    const shadow = await stage.far(await stage.folderStore('shadow'), LINE);
    await createBucket(shadow);
    const target = await stage.far(await stage.folderStore('target'), LINE);
    const flags = [...shadowFlags(shadow, BUCKET), '--shadow-write-through'];
    const gateway = await stage.gateway(target, { flags });
    const body = randomBytes(BYTES);
    const payloadHash = createHash('sha256').update(body).digest('hex');
    const putting = (endpoint: string, credentials: Credentials): Contestant => ({
      bear: () =>
        inTurn(1, (client) =>
          client.ask({ ...signed(endpoint, credentials, { method: 'PUT', key: KEY, payloadHash }), body }),
        ),
    });
    const { ours, direct } = await contest(
      { ours: putting(gateway.url, gateway.credentials), direct: putting(shadow.endpoint, shadow) },
      rounds,
    );
    return [compared(MEASURE, 'p50Ms', { ours, baseline: ['direct', direct], limit: { atMost: 1.15 } })];
  });
