import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMemoryBackend } from '../../src/backends/memory/memory.js';
import { atBucket } from '../../src/filters/at-bucket.js';
import type { KeyPrefixes } from '../../src/filters/key-prefixes.js';
import { underPrefixes } from '../../src/filters/under-prefixes.js';
import { S3Error } from '../../src/s3/errors.js';
import { commonPrefixOf } from '../../src/s3/keys.js';
import type { S3Request, S3Service } from '../../src/s3/message.js';
import { readDeleteResult, writeDelete, writeDeleteResult } from '../../src/s3/xml/delete.js';
import { readListing } from '../../src/s3/xml/listing.js';
import { readStorePage } from '../../src/shadow/listing/store-page.js';
import { systemClock } from '../../src/system/clock.js';
import { StoreClient } from '../support/store-client.js';

async function bucketOf(keys: Iterable<string> = []) {
  const { service } = createMemoryBackend({ name: 'memory', clock: systemClock, minPartSize: 1 });
  const store = atBucket('old')(service);
  const client = new StoreClient(store, 'old');
  await client.ask('PUT', '');
  for (const key of keys) await client.put(key, `body of ${key}`);
  return { store, client };
}

/** A bucket of these keys as it is seen through the filter, and what the filter asks of it. */
async function seen(prefixes: KeyPrefixes, keys: Iterable<string> = []) {
  const { store, client: shadow } = await bucketOf(keys);
  const asked: S3Request[] = [];
  const recording: S3Service = (request) => {
    asked.push(request);
    return store(request);
  };
  const service = underPrefixes(prefixes)(recording);
  return { service, client: new StoreClient(service, 'old'), shadow, asked };
}

const ARCHIVE: KeyPrefixes = { prefix: 'archive/', targetPrefix: 'old/2024/' };

const text = fc.array(fc.constantFrom('a', 'b', '/', '//', '~', '+', '%2F', 'ü', '\uffee', '🌘', ' '), {
  maxLength: 4,
});
const name = text.map((parts) => parts.join(''));

const listing = fc.record({
  prefix: fc.oneof(name, fc.constant('')),
  delimiter: fc.constantFrom('', '', '/', '//', 'a', 'ab', '🌘', 'a/b', '%2F'),
  startAfter: fc.oneof(fc.constant(''), name),
  maxKeys: fc.integer({ min: 0, max: 7 }),
});

/** Prefixes, keys of the shadow's, and listings that mostly have to do with them. */
const scene = fc.record({ prefix: name, targetPrefix: name }).chain((prefixes) => {
  const under = (first: string) =>
    fc.oneof(
      name,
      name.map((rest) => first + rest),
    );
  const cut = fc.nat({ max: 6 }).map((length) => [...prefixes.targetPrefix].slice(0, length).join(''));
  return fc.record({
    prefixes: fc.constant(prefixes),
    keys: fc.array(fc.oneof(under(prefixes.prefix), under(prefixes.prefix), name), { maxLength: 30 }),
    listing: fc.oneof(
      listing,
      fc
        .record({
          listing,
          prefix: fc.oneof(cut, under(prefixes.targetPrefix)),
          after: fc.oneof(under(prefixes.targetPrefix), cut),
        })
        .map(({ listing: one, prefix, after }) => ({ ...one, prefix, startAfter: one.startAfter && after })),
    ),
  });
});

const queryOf = ({
  prefix,
  delimiter,
  startAfter,
  maxKeys,
}: typeof listing extends fc.Arbitrary<infer L> ? L : never) =>
  new URLSearchParams({
    'list-type': '2',
    'encoding-type': 'url',
    prefix,
    delimiter,
    'start-after': startAfter,
    'max-keys': String(maxKeys),
  }).toString();

const pageOf = async (client: StoreClient, query: string) => {
  const { status, body } = await client.ask('GET', '', { query });
  expect(status).toBe(200);
  const { objects, commonPrefixes, isTruncated, nextContinuationToken } = readListing(body);
  return { keys: objects.map(({ key }) => key), commonPrefixes, isTruncated, nextContinuationToken };
};

/** Whether a delimiter may begin in the prefix and end in what follows it. */
const straddles = (targetPrefix: string, { prefix, delimiter }: { prefix: string; delimiter: string }) =>
  commonPrefixOf(targetPrefix, prefix, delimiter) === undefined &&
  [...Array(delimiter.length).keys()].some(
    (length) => length > 0 && targetPrefix.slice(prefix.length).endsWith(delimiter.slice(0, length)),
  );

const renamed = ({ prefix, targetPrefix }: KeyPrefixes, keys: readonly string[]) =>
  keys.flatMap((key) => (key.startsWith(prefix) ? [targetPrefix + key.slice(prefix.length)] : []));

const isNamed = (key: string): boolean => key !== '';

describe('a shadow under prefixes', () => {
  it('lists page by page what a bucket with the renamed keys lists', async () => {
    await fc.assert(
      fc.asyncProperty(scene, async ({ prefixes, keys, listing: wanted }) => {
        fc.pre(!straddles(prefixes.targetPrefix, wanted));
        const { client } = await seen(prefixes, keys.filter(isNamed));
        const plain = (await bucketOf(renamed(prefixes, keys.filter(isNamed)).filter(isNamed))).client;
        let [one, other] = [queryOf(wanted), queryOf(wanted)];
        for (;;) {
          const { nextContinuationToken: next, ...page } = await pageOf(client, one);
          const { nextContinuationToken: otherNext, ...expected } = await pageOf(plain, other);
          expect(page).toEqual(expected);
          if (next === undefined || otherNext === undefined) break;
          one = `${queryOf(wanted)}&continuation-token=${encodeURIComponent(next)}`;
          other = `${queryOf(wanted)}&continuation-token=${encodeURIComponent(otherNext)}`;
        }
      }),
      { numRuns: 600 },
    );
  }, 60_000);

  it('lists the same to who goes on after the last name, whatever the delimiter', async () => {
    const namesFrom = async (service: S3Service, wanted: Parameters<typeof queryOf>[0]) => {
      const names: string[] = [];
      const { signal } = new AbortController();
      let after: string | undefined = wanted.startAfter;
      do {
        const page = await readStorePage(service, { ...wanted, after, maxKeys: wanted.maxKeys + 1, signal });
        names.push(...page.entries.map((entry) => entry.name));
        after = page.end;
      } while (after !== undefined);
      return names;
    };
    await fc.assert(
      fc.asyncProperty(scene, async ({ prefixes, keys, listing: wanted }) => {
        const { service } = await seen(prefixes, keys.filter(isNamed));
        const plain = await bucketOf(renamed(prefixes, keys.filter(isNamed)).filter(isNamed));
        expect(await namesFrom(service, wanted)).toEqual(await namesFrom(plain.store, wanted));
      }),
      { numRuns: 600 },
    );
  }, 60_000);

  it('has the objects of the renamed keys, and no others', async () => {
    await fc.assert(
      fc.asyncProperty(scene, async ({ prefixes, keys }) => {
        const { client } = await seen(prefixes, keys.filter(isNamed));
        for (const key of [...keys, ...renamed(prefixes, keys)].filter(isNamed)) {
          const isShown = key.startsWith(prefixes.targetPrefix);
          const inShadow = prefixes.prefix + key.slice(prefixes.targetPrefix.length);
          const expected =
            isShown && keys.includes(inShadow) && isNamed(inShadow) ? `body of ${inShadow}` : undefined;
          expect(await client.text(key)).toBe(expected);
        }
      }),
      { numRuns: 300 },
    );
  }, 30_000);

  it('takes writes, uploads in parts and deletes under the shadow’s own names', async () => {
    const { client, shadow } = await seen(ARCHIVE);
    await client.put('old/2024/a', 'x');
    expect(await shadow.keys()).toEqual(['archive/a']);
    const begun = await client.ask('POST', 'old/2024/b', { query: 'uploads' });
    const id = /<UploadId>(.*)<\/UploadId>/.exec(begun.text)?.[1];
    const part = await client.ask('PUT', 'old/2024/b', {
      query: `partNumber=1&uploadId=${id}`,
      body: 'parts',
    });
    const parts = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${part.headers.etag}</ETag></Part></CompleteMultipartUpload>`;
    await client.ask('POST', 'old/2024/b', { query: `uploadId=${id}`, body: parts });
    expect(await shadow.text('archive/b')).toBe('parts');
    await client.ask('DELETE', 'old/2024/a');
    expect(await shadow.keys()).toEqual(['archive/b']);
  });

  it('deletes many keys at once, and calls those gone that it cannot have', async () => {
    const { client, shadow, asked } = await seen(ARCHIVE, ['archive/a', 'archive/b', 'b', 'old/2024/c']);
    const keys = ['old/2024/a', 'b', 'old/2024/c', `old/2024/${'x'.repeat(1_000)}`];
    const body = writeDelete({ objects: keys.map((key) => ({ key })), quiet: false });
    const answer = await client.ask('POST', '', { query: 'delete', body });
    const { deleted, errors } = readDeleteResult(answer.body);
    expect(deleted.map(({ key }) => key).sort()).toEqual([...keys].sort());
    expect(errors).toEqual([]);
    expect(await shadow.keys()).toEqual(['archive/b', 'b', 'old/2024/c']);
    expect(asked).toHaveLength(1);
    await client.ask('POST', '', {
      query: 'delete',
      body: writeDelete({ objects: [{ key: 'b' }], quiet: false }),
    });
    expect(asked).toHaveLength(1);
  });

  it('is not asked for a key that it cannot have', async () => {
    const long: KeyPrefixes = { prefix: 'p'.repeat(1_000), targetPrefix: 'q/' };
    const { client, asked } = await seen(long);
    for (const key of ['elsewhere', 'q', `q/${'x'.repeat(25)}`]) {
      expect((await client.ask('GET', key)).text).toContain('<Code>NoSuchKey</Code>');
      expect((await client.ask('HEAD', key)).status).toBe(404);
      expect((await client.ask('DELETE', key)).status).toBe(204);
    }
    for (const query of ['prefix=elsewhere', 'start-after=r', `prefix=q/${'x'.repeat(25)}`])
      expect((await client.ask('GET', '', { query: `list-type=2&${query}` })).status).toBe(200);
    expect(asked).toHaveLength(0);
  });

  it('has no key of the name that is left of the prefix itself', async () => {
    const { client } = await seen({ prefix: 'archive/', targetPrefix: '' }, ['archive/', 'archive/a']);
    expect(await client.keys()).toEqual(['a']);
    const other = await seen({ prefix: '', targetPrefix: 'old/' }, ['a']);
    expect(await other.client.text('old/')).toBeUndefined();
    expect(await other.client.keys()).toEqual(['old/a']);
  });

  it('goes on after a name that is longer in the shadow than a key can be', async () => {
    const prefix = 'p'.repeat(990);
    const keys = ['a', '🌘'.repeat(8), `${'🌘'.repeat(8)}a`, '🌚'].map((rest) => prefix + rest);
    const { client, asked } = await seen({ prefix, targetPrefix: '' }, keys);
    expect(await client.keys(`start-after=${encodeURIComponent('🌘'.repeat(20))}`)).toEqual(['🌚']);
    const after = asked[0]?.query.find(([parameter]) => parameter === 'start-after')?.[1] ?? '';
    expect(Buffer.byteLength(after)).toBe(1_022);
  });

  it('asks for one key where all have the same common prefix', async () => {
    const { client, asked } = await seen(ARCHIVE, ['archive/a', 'archive/b']);
    const { body } = await client.ask('GET', '', { query: 'list-type=2&delimiter=/' });
    expect(readListing(body)).toMatchObject({ objects: [], commonPrefixes: ['old/'], isTruncated: false });
    expect(asked[0]?.query).toContainEqual(['max-keys', '1']);
  });

  it('does not show a common prefix to who goes on after it', async () => {
    const { client } = await seen(ARCHIVE, ['archive/a']);
    for (const after of ['old/', 'old/2', 'old/2024/', 'old/2024/a']) {
      const { body } = await client.ask('GET', '', { query: `list-type=2&delimiter=/&start-after=${after}` });
      expect(readListing(body)).toEqual({ objects: [], commonPrefixes: [], isTruncated: false });
    }
  });

  it('tells which keys a store did not delete by their names in the target', async () => {
    const refusal = writeDeleteResult(
      { deleted: [], errors: [{ key: 'archive/a', code: 'AccessDenied', message: 'No.' }] },
      false,
    );
    const service = underPrefixes(ARCHIVE)(async () => ({
      status: 200,
      headers: {},
      body: Buffer.from(refusal),
    }));
    const body = writeDelete({ objects: [{ key: 'old/2024/a' }], quiet: false });
    const answer = await new StoreClient(service, 'old').ask('POST', '', { query: 'delete', body });
    expect(readDeleteResult(answer.body).errors).toMatchObject([{ key: 'old/2024/a', code: 'AccessDenied' }]);
  });

  it('names an object in an error as it is called in the target', async () => {
    const { client } = await seen(ARCHIVE);
    expect((await client.ask('GET', 'old/2024/a')).text).toContain('<Key>old/2024/a</Key>');
  });

  it('passes on what is no listing as it came', async () => {
    const service = underPrefixes(ARCHIVE)(async () => ({
      status: 200,
      headers: {},
      body: Buffer.from('<html>'),
    }));
    expect((await new StoreClient(service, 'old').ask('GET', '', { query: 'list-type=2' })).text).toBe(
      '<html>',
    );
  });

  it('is looked for by a listing of what is under the prefix, which is all that may be allowed', async () => {
    const { client, asked } = await seen(ARCHIVE, ['archive/a']);
    expect(await client.ask('HEAD', '')).toMatchObject({ status: 200, text: '' });
    expect(asked).toMatchObject([{ operation: 'ListObjectsV2', method: 'GET' }]);
    expect(asked[0]?.query).toContainEqual(['prefix', 'archive/']);
    const none = underPrefixes(ARCHIVE)(async () => ({ status: 404, headers: {}, body: Buffer.from('x') }));
    expect((await new StoreClient(none, 'old').ask('HEAD', '')).status).toBe(404);
  });

  it('does not show what it cannot translate', async () => {
    const { client } = await seen(ARCHIVE, ['archive/a']);
    await expect(client.ask('GET', '', { query: 'versions' })).rejects.toBeInstanceOf(S3Error);
  });

  it('is the shadow itself where both prefixes are empty', async () => {
    const { store } = await bucketOf();
    expect(underPrefixes({ prefix: '', targetPrefix: '' })(store)).toBe(store);
  });
});
