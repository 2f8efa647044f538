import { serve } from '../../demo/processes.js';
import { ADMIN } from '../mover.js';
import { type Effort, FULL } from '../stage/effort.js';
import type { Row } from '../stage/row.js';
import { Stage } from '../stage/stage.js';

const STARTS_PER_ROUND = 3;

/** How long it takes until a gateway with nothing yet takes requests. */
export const start = ({ rounds }: Effort = FULL): Promise<Row[]> =>
  Stage.set(async ({ folder }) => {
    const all: number[] = [];
    for (let number = 0; number <= rounds * STARTS_PER_ROUND; number += 1)
      all.push(await secondsToReady(`start-${number}`, folder));
    const [, ...ours] = all;
    return [{ measure: 'start, until it is ready', unit: 's', ours, limit: { atMost: 1 } }];
  });

async function secondsToReady(name: string, folder: string): Promise<number> {
  const begun = performance.now();
  const gateway = await serve(name, folder, ADMIN);
  try {
    const { ok } = await fetch(`${gateway.url}/_/health/ready`);
    if (!ok) throw new Error(`${name} listens and is not ready`);
    return (performance.now() - begun) / 1_000;
  } finally {
    await gateway.stop();
  }
}
