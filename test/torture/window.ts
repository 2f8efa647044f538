import type { Operation } from '../simulation/linearizability.js';
import { type Beginning, firstUnexplained } from './checker.js';

/**
 * The shortest end of a history, up to the operation that has no explanation, that is wrong whatever there was before it. Its
 * operations of unknown outcome may be from long ago.
 */
export function shortestWindow<O extends Operation>(
  operations: readonly O[],
  unexplained: Operation,
  { initial, everyValue = [] }: Beginning,
): readonly O[] {
  const until = operations.filter(({ invoked }) => invoked <= unexplained.returned);
  const starts = [...new Set(until.map(({ invoked }) => invoked))].sort((a, b) => a - b);
  const written = until.filter(({ kind }) => kind !== 'get').map(({ value }) => value);
  const anything = [...new Set([...initial, null, ...written])];
  const since = (start: number) => until.filter(({ returned }) => returned >= start);
  const isWrong = (start: number) =>
    firstUnexplained(since(start), { initial: anything, everyValue }) !== undefined;
  let [longest, shortest] = [0, starts.length];
  while (longest < shortest) {
    const middle = Math.ceil((longest + shortest) / 2);
    if (isWrong(starts[middle] ?? Number.POSITIVE_INFINITY)) longest = middle;
    else shortest = middle - 1;
  }
  return since(starts[longest] ?? 0);
}
