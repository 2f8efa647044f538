import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CopyLosses, type LostOf } from '../../src/state/copy-losses.js';
import type { Kv } from '../../src/state/kv.js';
import { KvUnavailable } from '../../src/state/kv.js';
import { temporaryKv } from './temporary-kv.js';

const lost = (from: number, count: number): LostOf[] =>
  Array.from({ length: count }, (_, index) => ({
    key: `k${from + index}`,
    what: 'etag',
    reason: 'r',
    at: from + index,
  }));

const batch = (newest: LostOf[]) => ({
  counts: [{ what: 'etag', reason: 'r', count: newest.length }],
  newest,
});

/** All of them, page by page. */
async function all(losses: CopyLosses, limit: number): Promise<number[]> {
  const found: number[] = [];
  let before: number | undefined;
  do {
    const page = await losses.page('b', { limit, ...(before !== undefined && { before }) });
    found.push(...page.losses.map(({ at }) => at));
    before = page.next;
  } while (before !== undefined);
  return found;
}

describe('what copies lost', () => {
  it('is counted exactly, and the newest 1,000 are told, whatever the batches were', async () => {
    const kv = await temporaryKv();
    let run = 0;
    const sizes = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer({ min: 1, max: 1_000 }), async (batches, limit) => {
        run += 1;
        const losses = new CopyLosses(inSpace(kv, `run-${run}/`));
        let total = 0;
        for (const size of batches) {
          await losses.add('b', batch(lost(total, size)));
          total += size;
        }
        expect(await losses.counts('b')).toEqual([{ what: 'etag', reason: 'r', count: total }]);
        const newest = Array.from({ length: Math.min(total, 1_000) }, (_, index) => total - 1 - index);
        expect(await all(losses, limit)).toEqual(newest);
      }),
      { numRuns: 30 },
    );
  });

  it('is counted once, although the first answer to it did not come', async () => {
    const kv = await temporaryKv();
    let isCut = true;
    const cut: Kv = {
      ...kv,
      get: (key) => kv.get(key),
      async commit(commit) {
        const version = await kv.commit(commit);
        if (isCut) throw new KvUnavailable('timeout');
        return version;
      },
    };
    const losses = new CopyLosses(cut);
    await expect(losses.add('b', batch(lost(0, 3)), 'id')).rejects.toThrow(KvUnavailable);
    isCut = false;
    await losses.add('b', batch(lost(0, 3)), 'id');
    expect(await losses.counts('b')).toMatchObject([{ count: 3 }]);
    expect(await all(losses, 10)).toEqual([2, 1, 0]);
  });

  it('of many gateways is added up', async () => {
    const kv = await temporaryKv();
    const adding = Array.from({ length: 10 }, (_, index) =>
      new CopyLosses(kv).add('b', batch(lost(index * 30, 30))),
    );
    await Promise.all(adding);
    expect(await new CopyLosses(kv).counts('b')).toMatchObject([{ count: 300 }]);
    expect((await all(new CopyLosses(kv), 70)).sort((a, b) => a - b)).toEqual(
      lost(0, 300).map(({ at }) => at),
    );
  });

  it('has few reasons in the state, however many there are', async () => {
    const losses = new CopyLosses(await temporaryKv());
    for (let from = 0; from < 3; from += 1) {
      const counts = Array.from({ length: 60 }, (_, index) => ({
        what: 'acl',
        reason: `${from}-${index}`,
        count: 1,
      }));
      await losses.add('b', { counts, newest: [] });
    }
    const counts = await losses.counts('b');
    expect(counts).toHaveLength(101);
    expect(counts.at(-1)).toEqual({ what: 'acl', reason: 'other reasons', count: 80 });
  });

  it('takes keys of any length and of any characters', async () => {
    const losses = new CopyLosses(await temporaryKv());
    const newest = lost(0, 1_000).map((loss) => ({ ...loss, key: '\u0001'.repeat(1_024) }));
    await losses.add('b', batch(newest));
    expect(await all(losses, 1_000)).toHaveLength(1_000);
  });

  it('is forgotten with the bucket, and all of it', async () => {
    const kv = await temporaryKv();
    const losses = new CopyLosses(kv);
    await losses.add('b', batch(lost(0, 1_000)));
    await losses.add('b', batch(lost(1_000, 150)));
    await losses.forget('b');
    expect(await losses.counts('b')).toEqual([]);
    expect(await kv.list({ prefix: 'losses/', limit: 100 })).toEqual([]);
  });
});

/** The same store, under keys of its own. */
const inSpace = (kv: Kv, space: string): Kv => ({
  ...kv,
  get: (key) => kv.get(space + key),
  commit: ({ checks = [], sets = [], deletes = [] }) =>
    kv.commit({
      checks: checks.map((check) => ({ ...check, key: space + check.key })),
      sets: sets.map((set) => ({ ...set, key: space + set.key })),
      deletes: deletes.map((key) => space + key),
    }),
});
