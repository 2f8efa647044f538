import { randomBytes } from 'node:crypto';
import { cpuSecondsOf, treeOf } from '../process-stats.js';
import { contest } from '../stage/contest.js';
import { type Effort, FULL } from '../stage/effort.js';
import { bear } from '../stage/load.js';
import { compared, type Row } from '../stage/row.js';
import { type BenchGateway, Stage, signed } from '../stage/stage.js';

const KEY = 'static/small';
/** Enough that both have something to do at any time: whoever is woken for a single request pays for that. */
const CONNECTIONS = 64;
const MEASURE = 'GET 4 KiB with two workers';

/** What two workers cost beside one process, and how evenly requests come to them. */
export const workers = ({ seconds, rounds }: Effort = FULL): Promise<Row[]> =>
  Stage.set(async (stage) => {
    const files = { small: randomBytes(4096) };
    const one = await stage.gateway(await stage.staticStore(files, 'one'), { name: 'one' });
    const args = ['--workers', '2'];
    const two = await stage.gateway(await stage.staticStore(files, 'two'), { name: 'two', args });
    const load = ({ url, credentials }: BenchGateway) =>
      bear({ connections: CONNECTIONS, seconds, ...signed(url, credentials, { key: KEY }) });
    const shares: number[] = [];
    const { ours, single } = await contest(
      {
        ours: {
          pid: two.pid,
          async bear() {
            const before = await cpuOfWorkers(two);
            const borne = await load(two);
            shares.push(shareOfBusiest(before, await cpuOfWorkers(two)));
            return borne;
          },
        },
        single: { pid: one.pid, bear: () => load(one) },
      },
      rounds,
    );
    const baseline = ['one process', single] as const;
    return [
      compared(MEASURE, 'cpuPerRequest', { ours, baseline, limit: { atMost: 1.1 } }),
      compared(MEASURE, 'requestsPerSecond', { ours, baseline }),
      {
        measure: 'share of the busier of two workers',
        unit: 'of their CPU',
        ours: shares.slice(1),
        limit: { atMost: 0.6 },
      },
    ];
  });

async function cpuOfWorkers({ pid }: BenchGateway): Promise<number[]> {
  const [, ...children] = await treeOf(pid);
  return Promise.all(children.map(cpuSecondsOf));
}

function shareOfBusiest(before: readonly number[], after: readonly number[]): number {
  const spent = after.map((cpu, index) => cpu - (before[index] ?? 0));
  return Math.max(...spent) / spent.reduce((sum, one) => sum + one, 0);
}
