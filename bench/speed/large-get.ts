import { randomBytes } from 'node:crypto';
import { type Contestant, contest } from '../stage/contest.js';
import { type Effort, FULL } from '../stage/effort.js';
import { bear } from '../stage/load.js';
import { startProxy } from '../stage/nginx.js';
import { compared, type Row } from '../stage/row.js';
import { BUCKET, Stage, signed } from '../stage/stage.js';
import { startStoreProcess } from '../store-process.js';

const KEY = 'static/large';
const CONNECTIONS = 2;
const MEASURE = 'GET 64 MiB that the target answers';

/** Throughput of large GETs, and what their bytes cost, beside proxies that hand on the same. */
export const largeGet = ({ seconds, rounds }: Effort = FULL): Promise<Row[]> =>
  Stage.set(async (stage) => {
    const store = await stage.staticStore({ large: randomBytes(64 * 1024 * 1024) });
    const gateway = await stage.gateway(store);
    const proxy = await stage.start(startProxy(store.endpoint));
    const peer = await stage.start(startStoreProcess('./peers/hono-undici.js', [store.endpoint]));
    const load = { connections: CONNECTIONS, seconds };
    const plain = ({ endpoint, pid }: { endpoint: string; pid: number }): Contestant => ({
      pid,
      bear: () => bear({ ...load, url: `${endpoint}/${BUCKET}/${KEY}`, headers: {} }),
    });
    const { ours, nginx, hono } = await contest(
      {
        ours: {
          pid: gateway.pid,
          bear: () => bear({ ...load, ...signed(gateway.url, gateway.credentials, { key: KEY }) }),
        },
        nginx: plain(proxy),
        hono: plain(peer),
      },
      rounds,
    );
    const baseline = ['nginx proxy_pass', nginx] as const;
    return [
      compared(MEASURE, 'mebibytesPerSecond', { ours, baseline, limit: { atLeast: 0.9 } }),
      compared(MEASURE, 'cpuPerGibibyte', { ours, baseline, limit: { atMost: 1.3 } }),
      compared(MEASURE, 'cpuPerGibibyte', { ours, baseline: ['Hono + undici', hono] }),
    ];
  });
