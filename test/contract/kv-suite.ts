import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Kv, KvCommit } from '../../src/state/kv.js';
import { run, startProcess } from '../support/processes.js';

/** One store that any number of clients can open. */
export interface KvStore {
  open(): Promise<Kv>;
  /** How a process of its own opens it: see kv-child.mjs. */
  readonly child: { readonly driver: 'lmdb' | 'redis'; readonly options: Readonly<Record<string, string>> };
  close(): Promise<void>;
}

const CHILD = new URL('kv-child.mjs', import.meta.url).pathname;

/** What every driver of the key-value interface promises. */
export function kvSuite(name: string, start: () => Promise<KvStore>): void {
  describe(`${name} as key-value store`, () => {
    let store: KvStore;
    let kv: Kv;
    let spaces = 0;
    const space = () => `space${spaces++}/`;

    beforeAll(async () => {
      store = await start();
      kv = await store.open();
    });
    afterAll(async () => {
      await kv.close();
      await store.close();
    });

    const inChild = (...command: string[]) =>
      run(process.execPath, [CHILD, JSON.stringify(store.child), ...command]).then(
        ({ code, stdout, stderr }) => {
          if (code !== 0) throw new Error(stderr);
          return stdout;
        },
      );

    const keysOf = async (range: Parameters<Kv['list']>[0]) => (await kv.list(range)).map(({ key }) => key);

    describe('get and commit', () => {
      it('gives back what was set, with the version that the commit returned', async () => {
        const key = `${space()}a`;
        const version = await kv.commit({ sets: [{ key, value: 'one' }] });
        expect(await kv.get(key)).toEqual({ key, value: 'one', version });
      });

      it('gives null for a key that was never set or was deleted', async () => {
        const key = `${space()}a`;
        expect(await kv.get(key)).toBeNull();
        await kv.commit({ sets: [{ key, value: 'one' }] });
        await kv.commit({ deletes: [key] });
        expect(await kv.get(key)).toBeNull();
      });

      it('answers many keys in the order of the question, absent and repeated ones included', async () => {
        const at = space();
        await kv.commit({
          sets: [
            { key: `${at}a`, value: 'A' },
            { key: `${at}b`, value: 'B' },
          ],
        });
        const found = await kv.getMany([`${at}b`, `${at}none`, `${at}a`, `${at}b`]);
        expect(found.map((entry) => entry?.value ?? null)).toEqual(['B', null, 'A', 'B']);
        expect(await kv.getMany([])).toEqual([]);
      });

      it('keeps any text as it is', async () => {
        const key = `${space()}a`;
        const text = fc.string({ unit: 'grapheme', maxLength: 200 });
        await fc.assert(
          fc.asyncProperty(text, async (value) => {
            await kv.commit({ sets: [{ key, value }] });
            expect((await kv.get(key))?.value).toBe(value);
          }),
          { numRuns: 50, examples: [[''], ['\0'], ['1 2'], ['\r\n'], ['\u{1F600}\uFFFF']] },
        );
      });

      it('gives every write another version, also after a delete', async () => {
        const key = `${space()}a`;
        const versions: (string | null)[] = [];
        for (let round = 0; round < 5; round += 1) {
          versions.push(await kv.commit({ sets: [{ key, value: 'same' }] }));
          await kv.commit({ deletes: [key] });
        }
        expect(new Set(versions).size).toBe(5);
      });
    });

    describe('check-and-set', () => {
      it('writes nothing and returns null when one of several checks does not hold', async () => {
        const at = space();
        const version = await kv.commit({ sets: [{ key: `${at}a`, value: 'old' }] });
        const refused = await kv.commit({
          checks: [
            { key: `${at}a`, version },
            { key: `${at}b`, version: '1' },
          ],
          sets: [{ key: `${at}c`, value: 'new' }],
          deletes: [`${at}a`],
        });
        expect(refused).toBeNull();
        expect(await keysOf({ prefix: at, limit: 10 })).toEqual([`${at}a`]);
      });

      it('takes version null for a key that does not exist, and for no other', async () => {
        const key = `${space()}a`;
        const create: KvCommit = { checks: [{ key, version: null }], sets: [{ key, value: 'mine' }] };
        expect(await kv.commit(create)).not.toBeNull();
        expect(await kv.commit(create)).toBeNull();
      });

      it('refuses the version of a pair that was deleted and made again', async () => {
        const key = `${space()}a`;
        const version = await kv.commit({ sets: [{ key, value: 'same' }] });
        await kv.commit({ deletes: [key] });
        await kv.commit({ sets: [{ key, value: 'same' }] });
        expect(await kv.commit({ checks: [{ key, version }], deletes: [key] })).toBeNull();
      });

      it('answers a commit of checks alone', async () => {
        const key = `${space()}a`;
        expect(await kv.commit({ checks: [{ key, version: null }] })).not.toBeNull();
        expect(await kv.commit({ checks: [{ key, version: '7' }] })).toBeNull();
      });

      it('counts exactly when several clients and processes increment one number', async () => {
        const key = `${space()}counter`;
        const others = await Promise.all([store.open(), store.open()]);
        await Promise.all([
          ...[kv, ...others].map((client) => increment(client, key, 50)),
          inChild('increment', key, '50'),
          inChild('increment', key, '50'),
        ]);
        await Promise.all(others.map((client) => client.close()));
        expect((await kv.get(key))?.value).toBe('250');
      });

      it('never shows one half of a commit', async () => {
        const at = space();
        const other = await store.open();
        const keys = [`${at}a`, `${at}b`];
        const writing = (async () => {
          for (let n = 0; n < 100; n += 1)
            await other.commit({ sets: keys.map((key) => ({ key, value: `${n}` })) });
        })();
        for (let n = 0; n < 100; n += 1) {
          const [a, b] = await kv.getMany(keys);
          expect(a).toEqual(b && { ...b, key: `${at}a` });
        }
        await writing;
        await other.close();
      });
    });

    it('keeps whole commits only of a process that was killed in the middle of them, and goes on', async () => {
      const at = space();
      const flood = [CHILD, JSON.stringify(store.child), 'flood', at];
      const { stop } = await startProcess(process.execPath, flood, { until: /flooding/ });
      await stop('SIGKILL');
      const [a, b] = await kv.getMany([`${at}a`, `${at}b`]);
      expect(Number(a?.value)).toBeGreaterThanOrEqual(100);
      expect(b).toEqual({ ...a, key: `${at}b` });
      expect(await kv.commit({ sets: [{ key: `${at}a`, value: 'mine' }] })).not.toBeNull();
    });

    describe('list', () => {
      it('is in the order of the UTF-8 bytes, whatever the keys', async () => {
        const key = fc
          .string({
            unit: fc.oneof(fc.constantFrom('\0', '/', 'a', '\uFFFF', '\u{10000}'), character),
            minLength: 1,
          })
          .filter((text) => Buffer.byteLength(text) < 1_000);
        await fc.assert(
          fc.asyncProperty(fc.uniqueArray(key, { minLength: 1, maxLength: 30 }), async (names) => {
            const at = space();
            await kv.commit({ sets: names.map((name) => ({ key: at + name, value: name })) });
            const inOrder = names.map((name) => at + name).sort(byBytes);
            expect(await keysOf({ prefix: at, limit: 100 })).toEqual(inOrder);
          }),
          { numRuns: 50 },
        );
      });

      it('gives the keys that satisfy prefix, start and end, and no more than the limit', async () => {
        const at = space();
        const names = ['a', 'a/', 'a/b', 'a/c', 'a0', 'b', 'b\u00e9', '\u{1F600}'];
        await kv.commit({ sets: names.map((name) => ({ key: at + name, value: name })) });
        const bound = fc.option(
          fc.constantFrom('', 'a', 'a/', 'a/b', 'a0', 'b', 'c', '\uFFFF', '\u{1F600}'),
          {
            nil: undefined,
          },
        );
        const limit = fc.integer({ min: 0, max: 10 });
        await fc.assert(
          fc.asyncProperty(bound, bound, bound, limit, async (prefix = '', start, end, most) => {
            const from = start === undefined ? undefined : at + start;
            const to = end === undefined ? undefined : at + end;
            const expected = names
              .map((name) => at + name)
              .filter((key) => key.startsWith(at + prefix))
              .filter((key) => from === undefined || byBytes(key, from) >= 0)
              .filter((key) => to === undefined || byBytes(key, to) < 0)
              .sort(byBytes)
              .slice(0, most);
            const range = {
              prefix: at + prefix,
              ...(from && { start: from }),
              ...(to && { end: to }),
              limit: most,
            };
            expect(await keysOf(range)).toEqual(expected);
          }),
          { numRuns: 200 },
        );
      });

      it('pages through everything when no prefix is given', async () => {
        const at = space();
        await kv.commit({ sets: ['a', 'b'].map((name) => ({ key: at + name, value: name })) });
        expect(await keysOf({ start: `${at}b`, limit: 1 })).toEqual([`${at}b`]);
        expect(await keysOf({ limit: 10_000 })).toEqual(expect.arrayContaining([`${at}a`, `${at}b`]));
      });
    });

    describe('expiry', () => {
      it('ends a pair at its time: for get, list and checks', async () => {
        const at = space();
        const key = `${at}a`;
        await kv.commit({ sets: [{ key, value: 'short', expireIn: 30 }] });
        await vi.waitFor(async () => expect(await kv.get(key)).toBeNull());
        expect(await keysOf({ prefix: at, limit: 10 })).toEqual([]);
        const again = { checks: [{ key, version: null }], sets: [{ key, value: 'again' }] };
        expect(await kv.commit(again)).not.toBeNull();
        expect((await kv.get(key))?.value).toBe('again');
      });

      it('leaves a pair whose time has not come, and one that was set again without a time', async () => {
        const at = space();
        await kv.commit({
          sets: [
            { key: `${at}later`, value: 'x', expireIn: 600_000 },
            { key: `${at}kept`, value: 'x', expireIn: 30 },
            { key: `${at}gone`, value: 'x', expireIn: 30 },
          ],
        });
        await kv.commit({ sets: [{ key: `${at}kept`, value: 'y' }] });
        await vi.waitFor(async () => expect(await kv.get(`${at}gone`)).toBeNull());
        expect(await keysOf({ prefix: at, limit: 10 })).toEqual([`${at}kept`, `${at}later`]);
      });

      it('fills a page with what is left when pairs before have expired', async () => {
        const at = space();
        const sets = Array.from({ length: 20 }, (_, n) => ({
          key: `${at}${n + 10}`,
          value: 'x',
          expireIn: 30,
        }));
        await kv.commit({ sets: [...sets, { key: `${at}last`, value: 'x' }] });
        await vi.waitFor(async () => expect(await keysOf({ prefix: at, limit: 5 })).toEqual([`${at}last`]));
      });
    });

    describe('watch', () => {
      it('tells of sets and deletes under the prefix, and of no other key', async () => {
        const at = space();
        const seen = watching(kv, `${at}a?*[/`);
        await seen.isLive();
        await kv.commit({ sets: [{ key: `${at}a`, value: 'x' }] });
        await kv.commit({ sets: [{ key: `${at}a?*[/b`, value: 'x' }] });
        await kv.commit({ sets: [{ key: `${at}aXYZ/b`, value: 'x' }], deletes: [`${at}a?*[/c`] });
        await vi.waitFor(() => expect(seen.keys).toEqual([`${at}a?*[/b`, `${at}a?*[/c`]));
        seen.end();
      });

      it('tells each of two watches of one prefix once, and none that has ended', async () => {
        const at = space();
        const [first, second, ended] = [watching(kv, at), watching(kv, at), watching(kv, at)];
        await Promise.all([first.isLive(), second.isLive()]);
        ended.end();
        const before = ended.keys.length;
        await kv.commit({ sets: [{ key: `${at}a`, value: 'x' }] });
        await vi.waitFor(() => expect([first.keys, second.keys]).toEqual([[`${at}a`], [`${at}a`]]));
        expect(ended.keys.length).toBe(before);
        first.end();
        second.end();
      });

      it('hears of what another process changed', async () => {
        const at = space();
        const seen = watching(kv, at);
        await seen.isLive();
        await inChild('set', `${at}from-afar`, 'x');
        await vi.waitFor(() => expect(seen.keys).toEqual([`${at}from-afar`]));
        seen.end();
      });
    });

    describe('limits', () => {
      const long = 'k'.repeat(1_500);

      it('takes keys of 1,500 bytes and values of 1 MiB', async () => {
        const value = 'v'.repeat(1_024 * 1_024);
        await kv.commit({ sets: [{ key: long, value }] });
        expect((await kv.get(long))?.value).toBe(value);
        await kv.commit({ deletes: [long] });
      });

      it.each<[string, KvCommit, RegExp]>([
        ['a longer key', { sets: [{ key: `${long}k`, value: '' }] }, /1501 bytes; allowed are 1 to 1500/],
        ['an empty key', { deletes: [''] }, /0 bytes; allowed are 1 to 1500/],
        ['a larger value', { sets: [{ key: 'a', value: 'v'.repeat(1_048_577) }] }, /key a has 1048577 bytes/],
        ['half a surrogate pair', { sets: [{ key: 'a\uD83D', value: '' }] }, /half a surrogate pair/],
        [
          'a time that is over',
          { sets: [{ key: 'a', value: '', expireIn: 0 }] },
          /expireIn of state key a is 0/,
        ],
        [
          'a key written twice',
          { sets: [{ key: 'a', value: '' }], deletes: ['a'] },
          /key a is written twice/,
        ],
      ])('refuses %s by name', async (_, commit, message) => {
        await expect(kv.commit(commit)).rejects.toThrow(message);
      });

      it('refuses a limit that is no whole number', async () => {
        await expect(kv.list({ limit: Number.POSITIVE_INFINITY })).rejects.toThrow(
          /limit of a state listing/,
        );
      });
    });

    it('rejects every call after close with KvUnavailable', async () => {
      const other = await store.open();
      await other.close();
      await expect(other.get('a')).rejects.toThrow(/state store unavailable/);
      await expect(other.commit({ deletes: ['a'] })).rejects.toMatchObject({ name: 'KvUnavailable' });
    });
  });
}

const character = fc.string({ unit: 'binary', minLength: 1, maxLength: 1 });

const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

async function increment(kv: Kv, key: string, times: number): Promise<void> {
  for (let done = 0; done < times; ) {
    const entry = await kv.get(key);
    const value = `${Number(entry?.value ?? 0) + 1}`;
    const checks = [{ key, version: entry?.version ?? null }];
    if ((await kv.commit({ checks, sets: [{ key, value }] })) !== null) done += 1;
  }
}

/** A watch and what it was told, without the nulls, once `isLive` has resolved. */
function watching(kv: Kv, prefix: string) {
  const keys: string[] = [];
  let heard = false;
  const end = kv.watch(prefix, (key) => {
    heard = true;
    if (key !== null && !key.endsWith('/probe')) keys.push(key);
  });
  const isLive = () =>
    vi.waitFor(async () => {
      await kv.commit({ sets: [{ key: `${prefix}/probe`, value: '' }] });
      expect(heard).toBe(true);
    });
  return { keys, isLive, end };
}
