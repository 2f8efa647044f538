import {
  type _Object,
  type CommonPrefix,
  ListObjectsCommand,
  ListObjectsV2Command,
} from '@aws-sdk/client-s3';
import fc from 'fast-check';
import pLimit from 'p-limit';
import { beforeAll, expect, test } from 'vitest';
import type { BucketClient } from '../support/bucket-client.js';
import { describeMoves, type Move } from './scenarios.js';

const SEED = 20_260_101;

/** Among them what a careless program turns into another key, and what UTF-16 orders otherwise than UTF-8. */
const SEGMENTS = [
  'a',
  'ab',
  'b',
  'B',
  '',
  '.',
  '..',
  '%2F',
  '+',
  ' ',
  'a b',
  '&<>"',
  'é',
  'e\u0301',
  '\ufb00',
  '🏖️',
];

const anyKey = fc
  .tuple(fc.array(fc.constantFrom(...SEGMENTS), { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([segments, isFolder]) => segments.join('/') + (isFolder ? '/' : ''))
  .filter((key) => key !== '');

const anyPlaces = fc.record({
  shadow: fc.boolean(),
  target: fc.boolean(),
  deleted: fc.nat(4).map((n) => n === 0),
});

interface Query {
  readonly version: 1 | 2;
  readonly prefix: string;
  readonly delimiter: string;
  readonly after: string;
  readonly maxKeys: number;
}

const anyQuery: fc.Arbitrary<Query> = fc.record({
  version: fc.constantFrom(1, 2),
  prefix: fc.oneof(
    { arbitrary: fc.constant(''), weight: 3 },
    fc.constantFrom('a', 'a/', '..', '/', '%2F/', 'é', 'zzz'),
  ),
  delimiter: fc.constantFrom('', '', '/', '/', 'a'),
  after: fc.oneof({ arbitrary: fc.constant(''), weight: 3 }, anyKey),
  maxKeys: fc.integer({ min: 1, max: 30 }),
});

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** What S3 lists of these keys: each name once, folders rolled up, in byte order. */
function expected(keys: readonly string[], { prefix, delimiter, after }: Query): string[] {
  const names = keys
    .filter((key) => key.startsWith(prefix))
    .map((key) => {
      const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
      return end === -1 ? key : key.slice(0, end + delimiter.length);
    });
  return [...new Set(names)].filter((name) => byBytes(name, after) > 0).sort(byBytes);
}

interface Page {
  readonly names: readonly string[];
  readonly next: string | undefined;
}

async function readPage(
  { sdk, name: Bucket }: BucketClient,
  query: Query,
  from: string | undefined,
): Promise<Page> {
  const { prefix: Prefix, delimiter: Delimiter, maxKeys: MaxKeys } = query;
  const common = { Bucket, Prefix, MaxKeys, ...(Delimiter === '' ? {} : { Delimiter }) };
  if (query.version === 1) {
    const page = await sdk.send(new ListObjectsCommand({ ...common, Marker: from ?? query.after }));
    const names = namesOf(page);
    return { names, next: page.IsTruncated ? (page.NextMarker ?? names.at(-1)) : undefined };
  }
  const start = from === undefined ? { StartAfter: query.after } : { ContinuationToken: from };
  const page = await sdk.send(new ListObjectsV2Command({ ...common, ...start }));
  expect(page.KeyCount).toBe(namesOf(page).length);
  return { names: namesOf(page), next: page.NextContinuationToken };
}

interface Listed {
  readonly Contents?: readonly _Object[] | undefined;
  readonly CommonPrefixes?: readonly CommonPrefix[] | undefined;
}

function namesOf(page: Listed): string[] {
  const keys = (page.Contents ?? []).map(({ Key = '' }) => Key);
  const prefixes = (page.CommonPrefixes ?? []).map(({ Prefix = '' }) => Prefix);
  expect(keys).toEqual([...keys].sort(byBytes));
  return [...keys, ...prefixes].sort(byBytes);
}

async function readPages(bucket: BucketClient, query: Query): Promise<(readonly string[])[]> {
  const pages: (readonly string[])[] = [];
  let next: string | undefined;
  do {
    const page = await readPage(bucket, query, next);
    pages.push(page.names);
    next = page.next;
  } while (next !== undefined);
  return pages;
}

function chunks(names: readonly string[], size: number): string[][] {
  const count = Math.max(1, Math.ceil(names.length / size));
  return Array.from({ length: count }, (_, index) => names.slice(index * size, (index + 1) * size));
}

describeMoves((world) => {
  let move: Move;
  /** What clients must see: each key with the size of its object. */
  const visible = new Map<string, number>();

  beforeAll(async () => {
    const places = new Map(fc.sample(fc.tuple(anyKey, anyPlaces), { seed: SEED, numRuns: 120 }));
    const limit = pLimit(8);
    const all = (
      put: (key: string, size: number) => Promise<unknown>,
      where: 'shadow' | 'target' | 'deleted',
    ) =>
      Promise.all(
        [...places].map(
          ([key, place], size) =>
            place[where] && limit(() => put(key, size + (where === 'target' ? 1_000 : 0))),
        ),
      );
    move = await world().move((old) => all((key, size) => old.put(key, Buffer.alloc(size)), 'shadow'));
    await all((key, size) => move.bucket.put(key, Buffer.alloc(size)), 'target');
    await all((key) => move.bucket.delete(key), 'deleted');
    for (const [index, [key, { shadow, target, deleted }]] of [...places].entries()) {
      if ((shadow || target) && !deleted) visible.set(key, index + (target ? 1_000 : 0));
    }
  });

  test('a listing is the union of both stores but for what was deleted, page by page, in byte order', async () => {
    const property = fc.asyncProperty(anyQuery, async (query) => {
      const names = expected([...visible.keys()], query);
      expect(await readPages(move.bucket, query)).toEqual(chunks(names, query.maxKeys));
    });
    await fc.assert(property, { seed: SEED, numRuns: 40 });
  });

  test('every page size gives the same keys', async () => {
    const names = [...visible.keys()].sort(byBytes);
    const query: Query = { version: 2, prefix: '', delimiter: '', after: '', maxKeys: 1 };
    for (const maxKeys of [1, 2, 3, names.length - 1, names.length, names.length + 1]) {
      expect(await readPages(move.bucket, { ...query, maxKeys })).toEqual(chunks(names, maxKeys));
    }
  });

  test('each key is listed with the object that a read of it gives', async () => {
    const { Contents = [] } = await move.bucket.sdk.send(
      new ListObjectsV2Command({ Bucket: move.bucket.name }),
    );
    expect(new Map(Contents.map(({ Key, Size }) => [Key, Size]))).toEqual(
      new Map([...visible].sort(([a], [b]) => byBytes(a, b))),
    );
    const limit = pLimit(8);
    await Promise.all(
      Contents.map(({ Key = '', ETag, Size }) =>
        limit(async () => expect(await move.bucket.get(Key)).toMatchObject({ ETag, ContentLength: Size })),
      ),
    );
  });

  test('a listing without the shadow is an error, not a shorter listing', async () => {
    world().proxy.disturb(() => 'reset');
    await expect(move.bucket.keys()).rejects.toMatchObject({ $metadata: { httpStatusCode: 503 } });
    world().proxy.heal();
    expect(await move.bucket.keys()).toHaveLength(visible.size);
  });
});
