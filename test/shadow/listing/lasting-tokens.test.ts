import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareKeys } from '../../../src/s3/keys.js';
import type { S3Filter } from '../../../src/s3/message.js';
import { queryValue } from '../../../src/s3/params.js';
import { readListing } from '../../../src/s3/xml/listing.js';
import { systemClock } from '../../../src/system/clock.js';
import { MemoryKv } from '../../simulation/memory-kv.js';
import type { StoreClient } from '../../support/store-client.js';
import { movingBucket } from '../moving.js';

const state = new MemoryKv(systemClock);

async function readPage(client: StoreClient, query: Record<string, string>) {
  const text = new URLSearchParams({ 'list-type': '2', ...query }).toString();
  const { body, status, text: xml } = await client.ask('GET', '', { query: text });
  expect(status).toBe(200);
  const page = readListing(body);
  const names = [...page.objects.map(({ key }) => key), ...page.commonPrefixes].sort(compareKeys);
  return { names, next: page.nextContinuationToken, xml };
}

const inOrder = (names: Iterable<string>): string[] => [...new Set(names)].sort(compareKeys);

const NAMES = ['a', 'a/1', 'a/2', 'b&<>', 'c/1', 'c/ü', 'd', 'd/\u{10ffff}', '🌘', '\uffee'];

describe('a continuation token', () => {
  it('holds while the bucket gets a shadow and loses it, at any page', async () => {
    const turns = fc.array(fc.boolean(), { minLength: 12, maxLength: 12 });
    const size = fc.integer({ min: 1, max: 4 });
    const delimiter = fc.constantFrom('', '/');
    const encoding = fc.constantFrom({}, { 'encoding-type': 'url' });
    await fc.assert(
      fc.asyncProperty(turns, size, delimiter, encoding, async (withShadow, maxKeys, at, encoded) => {
        const { client, withoutShadow, target, shadow } = await movingBucket({ state });
        for (const name of NAMES) await target.put(name, 'x');
        await shadow.put('a/2', 'x');
        const names: string[] = [];
        let next: string | undefined;
        let turn = 0;
        do {
          const listed = await readPage(withShadow[turn] ? client : withoutShadow, {
            delimiter: at,
            'max-keys': String(maxKeys),
            ...encoded,
            ...(next !== undefined && { 'continuation-token': next }),
          });
          if (listed.next !== undefined) expect(listed.names).toHaveLength(maxKeys);
          names.push(...listed.names);
          next = listed.next;
          turn += 1;
        } while (next !== undefined);
        expect(names).toEqual(inOrder(at ? NAMES.map((name) => name.replace(/\/.*/, '/')) : NAMES));
      }),
      { numRuns: 40 },
    );
  }, 30_000);

  it('leads on from what was listed before the shadow was set to what the shadow has after that', async () => {
    const { client, withoutShadow, target, shadow } = await movingBucket({ state });
    for (const key of ['b', 'd', 'f']) await target.put(key, 'x');
    for (const key of ['a', 'c', 'e']) await shadow.put(key, 'x');
    const first = await readPage(withoutShadow, { 'max-keys': '1' });
    expect(first.names).toEqual(['b']);
    const rest = await readPage(client, { 'continuation-token': first.next ?? '' });
    expect(rest.names).toEqual(['c', 'd', 'e', 'f']);
  });

  it('is told again in the answer, as the client sent it', async () => {
    const { client, withoutShadow, target } = await movingBucket({ state });
    for (const key of ['a', 'b', 'c', 'd']) await target.put(key, 'x');
    for (const before of [client, withoutShadow]) {
      const { next = '' } = await readPage(before, { 'max-keys': '1', 'start-after': '0' });
      for (const after of [client, withoutShadow]) {
        const query = { 'max-keys': '1', 'start-after': '0', 'continuation-token': next };
        const { xml, names } = await readPage(after, query);
        expect(names).toEqual(['b']);
        expect(xml).toContain(`<ContinuationToken>${next}</ContinuationToken>`);
        expect(xml).toContain('<StartAfter>0</StartAfter>');
      }
    }
  });

  it('has the own token of a target that is listed alone', async () => {
    const seen: (string | undefined)[] = [];
    const onTarget: S3Filter = (service) => async (request) => {
      seen.push(queryValue(request, 'continuation-token'));
      if (seen.length === 1) return service(request);
      const xml = '<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>';
      return { status: 200, headers: {}, body: Buffer.from(xml) };
    };
    const { withoutShadow, target } = await movingBucket({ state, onTarget });
    for (const key of ['a', 'b']) await target.put(key, 'x');
    const own = readListing((await target.ask('GET', '', { query: 'list-type=2&max-keys=1' })).body);
    const { next = '' } = await readPage(withoutShadow, { 'max-keys': '1' });
    expect(next).not.toContain(own.nextContinuationToken);
    await readPage(withoutShadow, { 'continuation-token': next });
    expect(seen).toEqual([undefined, own.nextContinuationToken]);
  });

  it('goes on after a page of the target that is empty and not the last', async () => {
    const onTarget: S3Filter = (service) => async (request) => {
      if (queryValue(request, 'continuation-token') !== undefined) return service(request);
      const xml =
        '<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>YQ</NextContinuationToken></ListBucketResult>';
      return { status: 200, headers: {}, body: Buffer.from(xml) };
    };
    const { withoutShadow, target } = await movingBucket({ state, onTarget });
    for (const key of ['a', 'b']) await target.put(key, 'x');
    const { next = '' } = await readPage(withoutShadow, {});
    expect((await readPage(withoutShadow, { 'continuation-token': next })).names).toEqual(['b']);
  });

  it('that was not given for the bucket is refused as S3 refuses it, with a shadow and without', async () => {
    const { client, withoutShadow, target } = await movingBucket({ state });
    for (const key of ['a', 'b']) await target.put(key, 'x');
    const own = readListing((await target.ask('GET', '', { query: 'list-type=2&max-keys=1' })).body);
    for (const token of ['zzz', own.nextContinuationToken])
      for (const at of [client, withoutShadow])
        await expect(
          at.ask('GET', '', { query: `list-type=2&continuation-token=${token}` }),
        ).rejects.toMatchObject({
          code: 'InvalidArgument',
          status: 400,
          fields: { ArgumentName: 'continuation-token', ArgumentValue: token },
        });
  });

  it('is not asked of a target that fails, whose error the client gets', async () => {
    const onTarget: S3Filter = () => async () => ({
      status: 403,
      headers: {},
      body: Buffer.from('<Error><Code>AccessDenied</Code></Error>'),
    });
    const { withoutShadow } = await movingBucket({ state, onTarget });
    const answer = await withoutShadow.ask('GET', '', { query: 'list-type=2' });
    expect(answer).toMatchObject({ status: 403, text: expect.stringContaining('AccessDenied') });
  });
});

describe('a marker of ListObjects', () => {
  it('holds while the bucket gets a shadow and loses it, at any page', async () => {
    const { client, withoutShadow, target, shadow } = await movingBucket({ state });
    for (const name of NAMES) await target.put(name, 'x');
    await shadow.put('a/2', 'x');
    for (const delimiter of ['', '/']) {
      const names: string[] = [];
      let marker = '';
      for (let page = 0; ; page += 1) {
        const query = new URLSearchParams({ delimiter, marker, 'max-keys': '1' }).toString();
        const at = page % 2 ? client : withoutShadow;
        const listed = readListing((await at.ask('GET', '', { query })).body);
        names.push(...listed.objects.map(({ key }) => key), ...listed.commonPrefixes);
        if (!listed.isTruncated) break;
        marker = listed.nextMarker ?? names.at(-1) ?? '';
      }
      expect(names).toEqual(inOrder(delimiter ? NAMES.map((name) => name.replace(/\/.*/, '/')) : NAMES));
    }
  });
});
