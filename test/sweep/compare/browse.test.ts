import { expect, it } from 'vitest';
import { createMemoryBackend } from '../../../src/backends/memory/memory.js';
import { atBucket } from '../../../src/filters/at-bucket.js';
import { type BrowsedBucket, type BrowsedLine, browse } from '../../../src/sweep/compare/browse.js';
import { systemClock } from '../../../src/system/clock.js';
import { StoreClient } from '../../support/store-client.js';

const signal = new AbortController().signal;

async function storeOf(keys: readonly string[]) {
  const service = atBucket('bucket')(createMemoryBackend({ name: 'store', clock: systemClock }).service);
  const store = new StoreClient(service, 'bucket');
  await store.ask('PUT', '');
  for (const key of keys) await store.put(key, 'x');
  return service;
}

interface Keys {
  readonly target: readonly string[];
  readonly shadow?: readonly string[];
  readonly deleted?: readonly string[];
}

async function bucketOf({ target, shadow, deleted = [] }: Keys): Promise<BrowsedBucket> {
  const ledger = {
    deletedAmong: async (keys: readonly string[]) => new Set(keys.filter((key) => deleted.includes(key))),
  };
  return {
    target: await storeOf(target),
    ...(shadow && { shadow: { store: await storeOf(shadow), ledger } }),
  };
}

const whereOf = ({ inTarget, inShadow, isDeleted }: BrowsedLine) =>
  `${inTarget ? 'T' : ''}${inShadow ? 'S' : ''}${isDeleted ? 'D' : ''}`;

async function allOf(bucket: BrowsedBucket, { delimiter = '', prefix = '', maxKeys = 1_000 } = {}) {
  const lines: [string, string][] = [];
  let after: string | undefined;
  let pages = 0;
  do {
    const page = await browse(bucket, { prefix, delimiter, after, maxKeys, signal });
    expect(page.lines.length).toBeLessThanOrEqual(maxKeys);
    lines.push(...page.lines.map((line) => [line.name, whereOf(line)] as [string, string]));
    after = page.next;
    pages += 1;
  } while (after !== undefined);
  return { lines, pages };
}

it('tells of every key which stores have it, and which of them clients deleted', async () => {
  const bucket = await bucketOf({ target: ['a', 'c'], shadow: ['b', 'c', 'd'], deleted: ['d', 'c'] });
  expect((await allOf(bucket)).lines).toEqual([
    ['a', 'T'],
    ['b', 'S'],
    ['c', 'TS'],
    ['d', 'SD'],
  ]);
});

it.each([1, 2, 3, 7, 1_000])('has no hole and no key twice in pages of %i', async (maxKeys) => {
  const keys = Array.from({ length: 24 }, (_, index) => `k${String.fromCharCode(97 + index)}`);
  const target = keys.filter((_, index) => index % 3 !== 0);
  const shadow = keys.filter((_, index) => index % 2 === 0 || index > 15);
  const bucket = await bucketOf({ target, shadow });
  const expected = keys
    .map((key) => [key, `${target.includes(key) ? 'T' : ''}${shadow.includes(key) ? 'S' : ''}`])
    .filter(([, where]) => where !== '');
  expect((await allOf(bucket, { maxKeys })).lines).toEqual(expected);
});

it('tells keys below a delimiter as one, wherever they are', async () => {
  const bucket = await bucketOf({
    target: ['a/1', 'a/2', 'b/1', 'top'],
    shadow: ['b/9', 'c/1', 'c/2', 'top'],
  });
  const expected = [
    ['a/', 'T'],
    ['b/', 'TS'],
    ['c/', 'S'],
    ['top', 'TS'],
  ];
  expect((await allOf(bucket, { delimiter: '/' })).lines).toEqual(expected);
  expect((await allOf(bucket, { delimiter: '/', maxKeys: 1 })).lines).toEqual(expected);
  expect((await allOf(bucket, { delimiter: '/', prefix: 'c/' })).lines).toEqual([
    ['c/1', 'S'],
    ['c/2', 'S'],
  ]);
});

it('is the listing of the target alone where there is no shadow', async () => {
  expect((await allOf(await bucketOf({ target: ['a', 'b'] }))).lines).toEqual([
    ['a', 'T'],
    ['b', 'T'],
  ]);
});
