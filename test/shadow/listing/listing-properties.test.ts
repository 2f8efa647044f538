import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareKeys } from '../../../src/s3/keys.js';
import { readListing } from '../../../src/s3/xml/listing.js';
import { readVersions, type VersionLine } from '../../../src/s3/xml/versions.js';
import { systemClock } from '../../../src/system/clock.js';
import { MemoryKv } from '../../simulation/memory-kv.js';
import type { StoreClient } from '../../support/store-client.js';
import { type Moving, type MovingOptions, movingBucket } from '../moving.js';
import { type Histories, linesOf, withHistories } from './versioned-listing.js';

/** All of UTF-8, and often what shares a beginning, stands at the edge of an order, or is a delimiter. */
const unit = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(...['a', 'b', '/', '//', '-', ' ', '+', '&', '<', '%2F', '.', '..', 'ü']),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      ...['\u0001', '\ud7ff', '\ue000', '\ufffd', '\uffff', '🌘', '\u{10000}', '\u{10ffff}'],
    ),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }) },
);
const anyText = (min: number, max: number) => fc.string({ unit, minLength: min, maxLength: max });
const anyKey = fc.oneof(
  { weight: 9, arbitrary: anyText(1, 5) },
  { weight: 1, arbitrary: anyText(1, 5).map((key) => key.repeat(20)) },
);
const anyDelimiter = fc.oneof(
  fc.constantFrom('', '/', '//', 'a', 'ab', 'a/b', '%2F', '🌘', '\uffff', '\u{10ffff}'),
  anyText(1, 3),
);
const anyPrefix = fc.oneof(fc.constantFrom('', '', 'a', 'a/', '/', '🌘', 'b//', '\u{10ffff}'), anyText(0, 2));
const anySize = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 4 }) },
  { weight: 2, arbitrary: fc.integer({ min: 5, max: 1_000 }) },
);
const anyWindow = fc.record({
  prefix: anyPrefix,
  delimiter: anyDelimiter,
  after: fc.oneof(fc.constant(''), anyText(0, 3)),
  size: anySize,
});
type Window = typeof anyWindow extends fc.Arbitrary<infer W> ? W : never;

const anyPlaces = fc
  .array(fc.tuple(anyKey, fc.constantFrom('target', 'shadow', 'both', 'deleted', 'written again')), {
    maxLength: 25,
  })
  .map((places) => new Map(places));

/** Where each key is; written to at once, for the order of writes is not what is looked at here. */
async function fill({ target, shadow, client }: Moving, places: ReadonlyMap<string, string>): Promise<void> {
  const fillOne = async ([key, place]: readonly [string, string]) => {
    if (place !== 'shadow' && place !== 'deleted') await target.put(key, 'x');
    if (place !== 'target') await shadow.put(key, 'x');
    if (place === 'deleted' || place === 'written again') await client.ask('DELETE', key);
    if (place === 'written again') await client.put(key, 'y');
  };
  await Promise.all([...places].map(fillOne));
}

interface Page {
  /** Keys, or `key version`, and common prefixes, in order. */
  readonly names: readonly string[];
  readonly isTruncated: boolean;
  /** How the next page is asked for. */
  readonly next: Readonly<Record<string, string>>;
}

type ReadPage = (client: StoreClient, query: Readonly<Record<string, string>>) => Promise<Page>;

const ask = async (client: StoreClient, query: Readonly<Record<string, string>>) => {
  const answer = await client.ask('GET', '', { query: new URLSearchParams(query).toString() });
  expect(answer.status).toBe(200);
  return answer.body;
};

const LISTINGS: Record<'V1' | 'V2' | 'versions', { start: string; read: ReadPage }> = {
  V1: {
    start: 'marker',
    async read(client, query) {
      const page = readListing(await ask(client, query));
      const names = [...page.objects.map(({ key }) => key), ...page.commonPrefixes].sort(compareKeys);
      // As clients do: S3 gives NextMarker only with a delimiter.
      return {
        names,
        isTruncated: page.isTruncated,
        next: { marker: page.nextMarker ?? names.at(-1) ?? '' },
      };
    },
  },
  V2: {
    start: 'start-after',
    async read(client, query) {
      const page = readListing(await ask(client, { ...query, 'list-type': '2' }));
      const names = [...page.objects.map(({ key }) => key), ...page.commonPrefixes].sort(compareKeys);
      const token = page.nextContinuationToken ?? '';
      return { names, isTruncated: page.isTruncated, next: { 'continuation-token': token } };
    },
  },
  versions: {
    start: 'key-marker',
    async read(client, query) {
      const page = readVersions(await ask(client, { ...query, versions: '' }));
      const lines = [
        ...page.versions.map(({ key, versionId }) => ({ name: key, line: nameOf(key, versionId) })),
        ...page.commonPrefixes.map((name) => ({ name, line: name })),
      ];
      const { nextKeyMarker = '', nextVersionIdMarker } = page;
      return {
        names: lines.sort((a, b) => compareKeys(a.name, b.name)).map(({ line }) => line),
        isTruncated: page.isTruncated,
        next: {
          'key-marker': nextKeyMarker,
          ...(nextVersionIdMarker && { 'version-id-marker': nextVersionIdMarker }),
        },
      };
    },
  },
};

const nameOf = (key: string, versionId: string): string => `${key} ${versionId}`;

interface Walk extends Window {
  readonly listing: keyof typeof LISTINGS;
  /** What happens between one page and the next. */
  meanwhile?(): Promise<void>;
}

/** All pages of a listing. */
async function walk(client: StoreClient, { listing, meanwhile, ...window }: Walk): Promise<Page[]> {
  const { start, read } = LISTINGS[listing];
  const { prefix, delimiter, after, size } = window;
  const query = { prefix, delimiter, 'encoding-type': 'url', 'max-keys': String(size) };
  const pages: Page[] = [];
  let next: Readonly<Record<string, string>> = after ? { [start]: after } : {};
  for (;;) {
    const page = await read(client, { ...query, ...next });
    pages.push(page);
    if (!page.isTruncated) return pages;
    expect(page.names).toHaveLength(size);
    next = page.next;
    await meanwhile?.();
  }
}

const allOf = (pages: readonly Page[]): string[] => pages.flatMap(({ names }) => names);

/** What S3 lists of these keys. */
function expected(keys: Iterable<string>, { prefix, delimiter, after }: Window): string[] {
  const names = new Set<string>();
  for (const key of keys) {
    if (!key.startsWith(prefix)) continue;
    const end = delimiter ? key.indexOf(delimiter, prefix.length) : -1;
    names.add(end < 0 ? key : key.slice(0, end + delimiter.length));
  }
  return [...names].filter((name) => compareKeys(name, after) > 0).sort(compareKeys);
}

const SEEN = new Set(['target', 'shadow', 'both', 'written again']);
const seenOf = (places: ReadonlyMap<string, string>): string[] =>
  [...places].filter(([, place]) => SEEN.has(place)).map(([key]) => key);

const moving = (options: MovingOptions = {}): Promise<Moving> =>
  movingBucket({ delete: 'target', state: new MemoryKv(systemClock), ...options });

const isListing = ({ operation }: { operation: string }): boolean => operation.startsWith('ListObject');

describe.each(['V1', 'V2'] as const)('a merged listing, %s', (listing) => {
  it('is what one bucket would list, in full pages', async () => {
    await fc.assert(
      fc.asyncProperty(anyPlaces, anyWindow, fc.boolean(), async (places, window, writeThrough) => {
        const bucket = await moving({ writeThrough });
        await fill(bucket, places);
        const pages = await walk(bucket.client, { ...window, listing });
        expect(allOf(pages)).toEqual(expected(seenOf(places), window));
      }),
      { numRuns: 150 },
    );
  }, 60_000);

  it('asks each store once for a page, and where keys are deleted rarely more', async () => {
    await fc.assert(
      fc.asyncProperty(anyPlaces, anyWindow, async (places, window) => {
        const bucket = await moving();
        await fill(bucket, places);
        const { target, shadow } = bucket.asked;
        [target.length, shadow.length] = [0, 0];
        const pages = await walk(bucket.client, { ...window, listing });
        const deleted = places.size - seenOf(places).length;
        const most = deleted === 0 ? pages.length : 2 * pages.length + 2 * deleted;
        expect(target.filter(isListing).length).toBeLessThanOrEqual(most);
        expect(shadow.filter(isListing).length).toBeLessThanOrEqual(most);
      }),
      { numRuns: 100 },
    );
  }, 60_000);
});

const anyHistory = fc.array(fc.boolean(), { minLength: 1, maxLength: 4 });
const anyHistories = fc.array(fc.tuple(anyKey, anyHistory), { maxLength: 8 });

function historiesOf(histories: readonly (readonly [string, readonly boolean[]])[]): Histories {
  const times = { lastModified: '2026-01-01T00:00:00.000Z' };
  return new Map(
    histories.map(([key, markers]) => [
      key,
      markers.map((deleteMarker, index): VersionLine => {
        const versionId = index === markers.length - 1 ? 'null' : `v${markers.length - index}`;
        const id = { key, versionId, isLatest: index === 0, ...times };
        return deleteMarker
          ? { ...id, deleteMarker }
          : { ...id, deleteMarker, etag: '"e"', size: 1, storageClass: 'STANDARD' };
      }),
    ]),
  );
}

/** What is to be listed of the versions of both stores. */
function expectedVersions(ofBoth: Histories, { prefix, delimiter, after }: Window): string[] {
  return linesOf(ofBoth, prefix, delimiter)
    .filter(({ name }) => compareKeys(name, after) > 0)
    .map(({ name, version }) => (version ? nameOf(name, version.versionId) : name));
}

const anyHabits = fc.record({ ceph: fc.boolean(), most: fc.constantFrom(1, 2, 3, 1_000, 1_000) });

describe('a merged listing of versions', () => {
  it("is the target's, and the shadow's objects where it has nothing of the key, in full pages, for one list call each", async () => {
    const inShadow = fc.array(fc.tuple(anyKey, fc.boolean()), { maxLength: 12 }).map((keys) => new Map(keys));
    const afterKey = fc.option(fc.nat());
    await fc.assert(
      fc.asyncProperty(
        ...[anyHistories, inShadow, anyWindow, afterKey, anyHabits, fc.boolean()],
        async (histories, ofShadow, anywhere, nth, habits, writeThrough) => {
          const ofTarget = historiesOf(histories);
          const bucket = await moving({ writeThrough, onTarget: withHistories(ofTarget, habits) });
          const places = [...ofShadow].map(
            ([key, deleted]) => [key, deleted ? 'deleted' : 'shadow'] as const,
          );
          await fill(bucket, new Map(places));
          const seen = places
            .filter(([, place]) => place === 'shadow')
            .map(([key]) => [key, [false]] as const);
          const after = nth === null ? anywhere.after : (pick([...ofTarget.keys()], nth) ?? '');
          const window = { ...anywhere, after };
          const { target, shadow } = bucket.asked;
          [target.length, shadow.length] = [0, 0];
          const pages = await walk(bucket.client, { ...window, listing: 'versions' });
          const ofBoth = new Map([...historiesOf(seen), ...ofTarget]);
          expect(allOf(pages)).toEqual(expectedVersions(ofBoth, window));
          if (seen.length < places.length || habits.most < window.size) return;
          // A key-marker of the client's own has no version: Ceph then begins with those of that key.
          const most = pages.length + (habits.ceph && window.after ? 4 : 0);
          expect(target.filter(isListing).length).toBeLessThanOrEqual(most);
          expect(shadow.filter(isListing).length).toBeLessThanOrEqual(most);
        },
      ),
      { numRuns: 300 },
    );
  }, 60_000);
});

const pick = <T>(items: readonly T[], nth: number): T | undefined => items[nth % items.length];

const anyDeed = fc.tuple(fc.constantFrom('read', 'migrate', 'overwrite', 'put', 'delete'), fc.nat());

describe.each(['V1', 'V2', 'versions'] as const)(
  'while objects move, are written and deleted, a listing, %s',
  (listing) => {
    it('has each key once and in order that was there all the time, and none that never was', async () => {
      const anyDeeds = fc.array(fc.array(anyDeed, { maxLength: 4 }), { minLength: 1, maxLength: 6 });
      await fc.assert(
        fc.asyncProperty(
          ...[anyPlaces, fc.uniqueArray(anyKey, { maxLength: 8 }), anyWindow, anyDeeds, fc.boolean()],
          async (places, others, window, deeds, writeThrough) => {
            const bucket = await moving({ writeThrough });
            await fill(bucket, places);
            const there = seenOf(places);
            const [staying, leaving] = [there.filter((_, i) => i % 2), there.filter((_, i) => !(i % 2))];
            const coming = [...leaving, ...others.filter((key) => !staying.includes(key))];
            const act = async ([deed, nth]: readonly [string, number]) => {
              const key = pick(deed === 'put' || deed === 'delete' ? coming : staying, nth);
              if (key === undefined) return;
              if (deed === 'read') await bucket.client.text(key);
              else if (deed === 'migrate') await bucket.bucket.migrate(key);
              else if (deed === 'delete') await bucket.client.ask('DELETE', key);
              else await bucket.client.put(key, 'new');
            };
            let turn = 0;
            const underWay: Promise<void>[] = [];
            const meanwhile = async () => {
              const acts = (deeds[turn % deeds.length] ?? []).map(act);
              turn += 1;
              // Every other time they go on beside the next page.
              if (turn % 2) await Promise.all(acts);
              else underWay.push(...acts);
            };
            const pages = await walk(bucket.client, { ...window, listing, meanwhile });
            await Promise.all(underWay);
            const listed = allOf(pages).map((name) => name.replace(/ null$/, ''));
            expect(listed).toEqual([...new Set(listed)].sort(compareKeys));
            expect(listed).toEqual(expect.arrayContaining(expected(staying, window)));
            expect(expected([...there, ...coming], window)).toEqual(expect.arrayContaining(listed));
          },
        ),
        { numRuns: 100 },
      );
    }, 60_000);
  },
);

describe.each(['V1', 'V2', 'versions'] as const)('a listing of no keys, %s', (listing) => {
  it('is empty and complete', async () => {
    const { client, shadow, target } = await moving();
    for (const store of [shadow, target]) await store.put('k', 'x');
    const pages = await walk(client, { prefix: '', delimiter: '', after: '', size: 0, listing });
    expect(pages).toMatchObject([{ names: [], isTruncated: false }]);
  });
});
