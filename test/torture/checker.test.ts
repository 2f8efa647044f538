import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLinearizable, type Operation } from '../simulation/linearizability.js';
import { Random } from '../simulation/random.js';
import { historyOfAtomicObject } from './atomic-object.js';
import { firstUnexplained } from './checker.js';

const VALUES = ['a', 'b', 'c'];
const KINDS = ['put', 'put-if-absent', 'put-if-match', 'copy', 'delete', 'delete-if-match', 'get'] as const;

const value = fc.constantFrom(...VALUES);

/** Operations that there can be: only what had a condition is refused, only of a copy is the value not known. */
const operation: fc.Arbitrary<Operation> = fc
  .record({
    kind: fc.constantFrom(...KINDS),
    written: value,
    read: fc.option(value),
    expected: value,
    invoked: fc.nat(12),
    lasts: fc.integer({ min: 1, max: 8 }),
    outcome: fc.constantFrom('done', 'done', 'refused', 'unknown'),
  })
  .map(({ kind, written, read, expected, invoked, lasts, ...told }) => {
    const isConditional = kind.includes('-if-');
    const outcome = told.outcome === 'refused' && !isConditional ? 'unknown' : told.outcome;
    const isLost = outcome === 'unknown' && kind === 'copy';
    const content = kind.startsWith('delete') || isLost ? null : kind === 'get' ? read : written;
    return {
      client: 'c',
      kind,
      value: content,
      ...(kind.endsWith('-match') && { expected }),
      invoked,
      returned: outcome === 'unknown' ? Number.POSITIVE_INFINITY : invoked + lasts,
      outcome,
    } as Operation;
  });

describe('the checker of long histories', () => {
  it('judges as the search through all orders does', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 7 }), fc.option(value), (operations, initial) => {
        const expected = isLinearizable(operations, initial, VALUES);
        const found = firstUnexplained(operations, { initial: [initial], everyValue: VALUES });
        expect(found === undefined).toBe(expected);
      }),
      { numRuns: 3_000 },
    );
  });

  it.each([1, 2])('copes with thousands of operations of which hundreds are lost (%i)', (seed) => {
    const random = new Random(seed);
    const history = historyOfAtomicObject(random, { operations: 3_000, clients: 8, lost: 0.06 });
    expect(firstUnexplained(history, { initial: [null] })).toBeUndefined();
    const reads = history.filter(({ kind, value }) => kind === 'get' && value !== null);
    const stale = random.pick(reads.slice(0, reads.length / 2));
    const late = random.pick(reads.slice(-reads.length / 4));
    const wrong = history.map((one) => (one === late ? { ...late, value: stale.value } : one));
    expect(firstUnexplained(wrong, { initial: [null] })).toMatchObject({ kind: 'get', value: stale.value });
  });
});
