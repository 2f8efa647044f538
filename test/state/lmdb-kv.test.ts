import { open } from 'lmdb';
import { describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../support/manual-clock.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { temporaryKv } from './temporary-kv.js';

/** How many items the databases of the store hold, expired ones included. */
async function itemsIn(path: string): Promise<Record<string, number>> {
  const root = open({ path, noSubdir: false, overlappingSync: false });
  const names = ['pairs', 'expiries', 'changes'];
  const counts = names.map(
    (name) => [name, root.openDB({ name, keyEncoding: 'binary' }).getKeysCount()] as const,
  );
  await root.close();
  return Object.fromEntries(counts);
}

describe('the embedded store', () => {
  it('hides a pair at the millisecond at which it expires', async () => {
    const clock = new ManualClock();
    const kv = await temporaryKv({ clock });
    await kv.commit({ sets: [{ key: 'a', value: 'x', expireIn: 50 }] });
    clock.advance(49);
    expect(await kv.get('a')).not.toBeNull();
    clock.advance(1);
    expect(await kv.get('a')).toBeNull();
    expect(await kv.list({ limit: 10 })).toEqual([]);
  });

  it('removes what has expired from the disk, in the background, and nothing else', async () => {
    const clock = new ManualClock();
    const path = await temporaryFolder();
    const kv = await temporaryKv({ path, clock });
    const sets = Array.from({ length: 2_500 }, (_, n) => ({ key: `lease/${n}`, value: 'x', expireIn: 500 }));
    await kv.commit({
      sets: [...sets, { key: 'kept', value: 'x' }, { key: 'later', value: 'x', expireIn: 1e9 }],
    });
    await kv.commit({ sets: [{ key: 'lease/0', value: 'kept after all' }] });
    await vi.waitFor(async () => {
      clock.advance(1_000);
      expect(await itemsIn(path)).toMatchObject({ pairs: 3, expiries: 1 });
    });
    const keys = (await kv.list({ limit: 10 })).map(({ key }) => key);
    expect(keys).toEqual(['kept', 'later', 'lease/0']);
  });

  it('keeps a bounded log of changes, and says so to a watcher that fell behind', async () => {
    const clock = new ManualClock();
    const path = await temporaryFolder();
    const [watched, writer] = [await temporaryKv({ path, clock }), await temporaryKv({ path, clock })];
    const seen: (string | null)[] = [];
    watched.watch('', (key) => seen.push(key));
    const writes = Array.from({ length: 4_200 }, (_, n) =>
      writer.commit({ sets: [{ key: 'a', value: `${n}` }] }),
    );
    await Promise.all(writes);
    clock.advance(100);
    expect(seen).toEqual([null]);
    await writer.commit({ sets: [{ key: 'b', value: '' }] });
    clock.advance(100);
    expect(seen).toEqual([null, 'b']);
    expect((await itemsIn(path)).changes).toBe(4_096);
  });

  it('tells a watcher of a change of its own process before the commit resolves', async () => {
    const kv = await temporaryKv({ clock: new ManualClock() });
    const seen: (string | null)[] = [];
    kv.watch('a', (key) => seen.push(key));
    await kv.commit({ sets: [{ key: 'ab', value: '' }], deletes: ['ac'] });
    expect(seen).toEqual(['ab', 'ac']);
  });
});
