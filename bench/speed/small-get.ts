import { randomBytes } from 'node:crypto';
import { type Contestant, contest } from '../stage/contest.js';
import { type Effort, FULL } from '../stage/effort.js';
import { bear } from '../stage/load.js';
import { startProxy } from '../stage/nginx.js';
import { compared, type Row } from '../stage/row.js';
import { BUCKET, Stage, signed } from '../stage/stage.js';
import { startStoreProcess } from '../store-process.js';

const KEY = 'static/small';
const CONNECTIONS = 16;
const MEASURE = 'GET 4 KiB that the target answers';

/** CPU of a small GET, its signature verified and the request signed anew, beside proxies that do neither. */
export const smallGet = ({ seconds, rounds }: Effort = FULL): Promise<Row[]> =>
  Stage.set(async (stage) => {
    const load = { connections: CONNECTIONS, seconds };
    const store = await stage.staticStore({ small: randomBytes(4096) });
    const gateway = await stage.gateway(store);
    const peer = (script: string) => stage.start(startStoreProcess(`./peers/${script}.js`, [store.endpoint]));
    const plain = ({ endpoint, pid }: { endpoint: string; pid: number }): Contestant => ({
      pid,
      bear: () => bear({ ...load, url: `${endpoint}/${BUCKET}/${KEY}`, headers: {} }),
    });
    const { ours, nginx, hono, sdk } = await contest(
      {
        ours: {
          pid: gateway.pid,
          bear: () => bear({ ...load, ...signed(gateway.url, gateway.credentials, { key: KEY }) }),
        },
        nginx: plain(await stage.start(startProxy(store.endpoint))),
        hono: plain(await peer('hono-undici')),
        sdk: plain(await peer('aws-sdk')),
      },
      rounds,
    );
    return [
      compared(MEASURE, 'cpuPerRequest', {
        ours,
        baseline: ['nginx proxy_pass', nginx],
        limit: { atMost: 5 },
      }),
      compared(MEASURE, 'cpuPerRequest', { ours, baseline: ['Hono + undici', hono], limit: { atMost: 1.3 } }),
      compared(MEASURE, 'cpuPerRequest', { ours, baseline: ['Hono + AWS SDK', sdk], limit: { atMost: 0.1 } }),
      compared(MEASURE, 'p50Ms', { ours, baseline: ['nginx proxy_pass', nginx] }),
      compared(MEASURE, 'p99Ms', { ours, baseline: ['nginx proxy_pass', nginx] }),
      compared(MEASURE, 'requestsPerSecond', { ours, baseline: ['nginx proxy_pass', nginx] }),
    ];
  });
