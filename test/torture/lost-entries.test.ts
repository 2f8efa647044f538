import { expect, it } from 'vitest';
import type { WitnessedOperation } from './history.js';
import { withoutLostEntries } from './lost-entries.js';

const op = (what: string, value: string | null, [invoked, returned]: [number, number]) =>
  ({
    client: 'c',
    what,
    kind: what === 'list' ? 'get' : what,
    value,
    invoked,
    returned,
    outcome: 'done',
  }) as WitnessedOperation;

it('lets absence in listings count until a write and a delete overlap', () => {
  const before = [op('put', 'a', [1, 2]), op('delete', null, [3, 4]), op('list', null, [5, 6])];
  const race = [op('put', 'b', [10, 12]), op('delete', null, [11, 13])];
  const seen = op('list', 'b', [14, 15]);
  expect(withoutLostEntries([...before, ...race, seen, op('list', null, [16, 17])])).toEqual([
    ...before,
    ...race,
    seen,
  ]);
});
