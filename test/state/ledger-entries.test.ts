import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dueAt, EMPTY_RECORD, isEmpty, type KeyRecord } from '../../src/state/key-record.js';
import { emptiedKey, openKey, readStored, recordKey, replacing } from '../../src/state/ledger-entries.js';

const [BUCKET, KEY] = ['bucket-1', 'photos/ß 🌘/'];

const time = fc.integer({ min: 1, max: 1_000 });
const held = { id: fc.uuid(), until: time, epoch: fc.nat({ max: 3 }) };

const records: fc.Arbitrary<KeyRecord> = fc.record(
  {
    intents: fc.array(fc.record({ ...held, mode: fc.constantFrom('shared', 'exclusive') }), { maxLength: 2 }),
    copies: fc.array(fc.record({ ...held, state: fc.constantFrom('valid', 'void', 'committing') }), {
      maxLength: 2,
    }),
    tombstone: fc.record(
      {
        generation: fc.uuid(),
        since: time,
        shadowDelete: fc.constantFrom('pending', 'done', 'kept', 'hidden'),
        attempts: fc.nat({ max: 5 }),
        nextAttempt: time,
        emptySince: time,
      },
      { requiredKeys: ['generation', 'since', 'shadowDelete', 'attempts', 'nextAttempt'] },
    ),
  },
  { requiredKeys: ['intents', 'copies'] },
);

/** All pairs that a key has in the state. */
function pairsOf(record: KeyRecord): string[] {
  const due = dueAt(record);
  const emptySince = record.tombstone?.emptySince;
  return [
    ...(isEmpty(record) ? [] : [recordKey(BUCKET, KEY)]),
    ...(due === undefined ? [] : [openKey(BUCKET, KEY)]),
    ...(emptySince === undefined ? [] : [emptiedKey(BUCKET, emptySince, KEY)]),
  ].sort();
}

describe('a record of a key', () => {
  it('is replaced together with its entries in both indexes, and nothing of it is left', () => {
    fc.assert(
      fc.property(fc.array(records, { maxLength: 6 }), (history) => {
        const pairs = new Map<string, string>();
        let record = EMPTY_RECORD;
        for (const next of [...history, EMPTY_RECORD]) {
          const stored = { record, version: 'v' };
          const { sets, deletes } = replacing(BUCKET, KEY, { stored, next, now: 0 });
          for (const key of deletes) pairs.delete(key);
          for (const { key, value } of sets) pairs.set(key, value);
          expect([...pairs.keys()].sort()).toEqual(pairsOf(next));
          record = next;
        }
        expect(pairs.size).toBe(0);
      }),
    );
  });

  it('is read as it was written', () => {
    fc.assert(
      fc.property(records, (next) => {
        const stored = { record: EMPTY_RECORD, version: null };
        const { sets } = replacing(BUCKET, KEY, { stored, next, now: 0 });
        const value = sets.find(({ key }) => key === recordKey(BUCKET, KEY))?.value;
        const entry = value === undefined ? null : { key: recordKey(BUCKET, KEY), value, version: 'v' };
        expect(readStored(entry).record).toEqual(next);
      }),
    );
  });

  it('stands in the index of emptied shadows in the order of time', () => {
    fc.assert(
      fc.property(fc.nat({ max: 4_000_000_000_000 }), fc.nat({ max: 4_000_000_000_000 }), (a, b) => {
        expect(emptiedKey(BUCKET, a, 'z') < emptiedKey(BUCKET, b, 'a')).toBe(a < b);
      }),
    );
  });
});
