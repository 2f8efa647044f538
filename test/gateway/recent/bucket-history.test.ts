import { expect, it } from 'vitest';
import { BucketHistory, combinedPoints } from '../../../src/gateway/recent/bucket-history.js';

const copied = (objects: number) => ({
  run: 'one',
  sweep: { objects, bytes: objects },
  reads: { objects: 0, bytes: 0 },
});

/** Of looks at these times, each when so many more reads had been served by the target. */
function historyOf(looks: readonly (readonly [at: number, target: number])[]) {
  const history = new BucketHistory();
  let target = 1_000;
  for (const [at, more] of looks) {
    target += more;
    history.add(at, copied(at), { target, shadow: 0, none: 0 });
  }
  return history.points;
}

it('tells what was served since the look before', () => {
  expect(
    historyOf([
      [5, 3],
      [10, 4],
      [15, 0],
    ]).map(({ served }) => served.target),
  ).toEqual([0, 4, 0]);
});

it('has a bound', () => {
  const points = historyOf(Array.from({ length: 500 }, (_, at) => [at, 1] as const));
  expect([points.length, points.at(0)?.at, points.at(-1)?.at]).toEqual([120, 380, 499]);
});

it('of several processes counts what each has served once, and what was copied as one of them tells it', () => {
  const one = historyOf([
    [5, 0],
    [10, 1],
    [20, 2],
    [25, 3],
  ]);
  const other = historyOf([
    [5, 100],
    [15, 10],
    [20, 20],
  ]);
  const all = combinedPoints([other, one, []]);
  expect(all.map(({ at, sweep, served }) => [at, sweep.objects, served.target])).toEqual([
    [5, 5, 0],
    [10, 10, 1],
    [20, 20, 2 + 10 + 20],
    [25, 25, 3],
  ]);
  expect(combinedPoints([])).toEqual([]);
});
