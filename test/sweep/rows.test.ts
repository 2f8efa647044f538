import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareKeys } from '../../src/s3/keys.js';
import type { KeyRange } from '../../src/sweep/row.js';
import { rowsOf } from '../../src/sweep/rows.js';
import { movingBucket } from '../shadow/moving.js';
import { sidesOf } from './passes/sweeping.js';

const PLACES = ['target', 'shadow', 'both', 'deleted'] as const;

describe('the rows of both listings', () => {
  it('tell of every key of a stretch, in order, where it is and whether clients deleted it', async () => {
    const key = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 5 });
    const objects = fc.uniqueArray(fc.tuple(key, fc.constantFrom(...PLACES)), {
      maxLength: 25,
      selector: ([name]) => name,
    });
    const bound = fc.option(key, { nil: undefined });
    await fc.assert(
      fc.asyncProperty(objects, bound, bound, async (places, after, upTo) => {
        const moving = await movingBucket({ delete: 'target' });
        for (const [name, where] of places) {
          if (where !== 'shadow') await moving.target.put(name, 'x');
          if (where !== 'target') await moving.shadow.put(name, 'x');
          if (where === 'deleted') await moving.client.ask('DELETE', name);
        }
        const isWithin = ([name]: readonly [string, string]) =>
          (after === undefined || compareKeys(name, after) > 0) &&
          (upTo === undefined || compareKeys(name, upTo) <= 0);
        const expected = places.filter(isWithin).sort(([a], [b]) => compareKeys(a, b));
        const found: [string, string][] = [];
        const range: KeyRange = { after, upTo };
        for await (const row of rowsOf(sidesOf(moving), range, new AbortController().signal))
          found.push([row.key, placeOf(row)]);
        expect(found).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  }, 30_000);
});

function placeOf({
  source,
  target,
  isDeleted,
}: {
  source?: unknown;
  target?: unknown;
  isDeleted: boolean;
}): string {
  if (isDeleted) return 'deleted';
  return source && target ? 'both' : source ? 'shadow' : 'target';
}
