import { randomBytes } from 'node:crypto';
import { residentMiB } from '../process-stats.js';
import { bear } from '../stage/load.js';
import type { Row } from '../stage/row.js';
import { Stage, signed } from '../stage/stage.js';

const KEY = 'static/small';
const [EARLY, LATE] = [100_000, 1_000_000];
const LOAD = { connections: 16, seconds: 2 };
/** A heap is now full and now collected: several looks at each time. */
const LOOKS = 5;

/** What a gateway has in memory after 10^6 small requests, beside what it had after 10^5. */
export const memory = (): Promise<Row[]> =>
  Stage.set(async (stage) => {
    const gateway = await stage.gateway(await stage.staticStore({ small: randomBytes(4096) }));
    let answered = 0;
    const load = async () => {
      const { requests } = await bear({ ...LOAD, ...signed(gateway.url, gateway.credentials, { key: KEY }) });
      answered += requests;
    };
    const after = async (requests: number) => {
      while (answered < requests) await load();
      const looks: number[] = [];
      for (let look = 0; look < LOOKS; look += 1) {
        await load();
        looks.push(await residentMiB(gateway.pid, 'VmRSS'));
      }
      return looks;
    };
    const early = await after(EARLY);
    return [
      {
        measure: 'after 1,000,000 GETs of 4 KiB',
        unit: 'MiB of memory',
        ours: await after(LATE),
        baseline: { name: 'after 100,000', values: early },
        limit: { atMost: 1.1 },
      },
    ];
  });
