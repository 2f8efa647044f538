import { describe, expect, it } from 'vitest';
import type { S3Filter, S3Request } from '../../../src/s3/message.js';
import { readListing } from '../../../src/s3/xml/listing.js';
import { systemClock } from '../../../src/system/clock.js';
import { MemoryKv } from '../../simulation/memory-kv.js';
import { type Moving, movingBucket } from '../moving.js';

interface Page {
  readonly keys: string[];
  readonly prefixes: string[];
}

/** Lists page by page and puts the pages together. */
async function listAll({ client }: Moving, version: 1 | 2, query: Record<string, string>): Promise<Page[]> {
  const pages: Page[] = [];
  let next: Record<string, string> = {};
  for (;;) {
    const all = { ...query, ...next, 'encoding-type': 'url', ...(version === 2 ? { 'list-type': '2' } : {}) };
    const { body, status } = await client.ask('GET', '', { query: new URLSearchParams(all).toString() });
    expect(status).toBe(200);
    const page = readListing(body);
    pages.push({ keys: page.objects.map(({ key }) => key), prefixes: [...page.commonPrefixes] });
    if (!page.isTruncated) return pages;
    const marker = page.nextMarker ?? page.objects.at(-1)?.key ?? '';
    next = version === 1 ? { marker } : { 'continuation-token': page.nextContinuationToken ?? '' };
  }
}

const withoutToken = (request: S3Request): S3Request => ({
  ...request,
  query: request.query.filter(([name]) => name !== 'continuation-token'),
});

describe('the merged listing', () => {
  it('goes on after a key that only looks like a common prefix', async () => {
    const moving = await movingBucket();
    await moving.target.put('//', 'x');
    await moving.shadow.put('//a', 'x');
    const pages = await listAll(moving, 2, { prefix: '/', delimiter: '//', 'max-keys': '1' });
    expect(pages.flatMap(({ keys }) => keys)).toEqual(['//', '//a']);
  });

  it('asks each store once for a page', async () => {
    const moving = await movingBucket();
    for (const key of ['a', 'b', 'c']) await moving.shadow.put(key, 'x');
    for (const key of ['b', 'd', 'e']) await moving.target.put(key, 'x');
    moving.asked.target.length = 0;
    expect(await moving.client.keys()).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(moving.asked.target).toHaveLength(1);
    expect(moving.asked.shadow).toHaveLength(1);
  });

  it('shows a key that both have as the target has it', async () => {
    const moving = await movingBucket();
    await moving.shadow.put('k', 'old');
    await moving.target.put('k', 'newer');
    const { body } = await moving.client.ask('GET', '', { query: 'list-type=2' });
    expect(readListing(body).objects).toMatchObject([{ key: 'k', size: 5 }]);
  });

  it('shows a key that was deleted and written again', async () => {
    const moving = await movingBucket();
    await moving.shadow.put('k', 'old');
    await moving.client.ask('DELETE', 'k');
    await moving.client.put('k', 'new');
    expect(await moving.client.keys()).toEqual(['k']);
  });

  it('hides a common prefix whose keys are all deleted', async () => {
    const moving = await movingBucket({ delete: 'target' });
    for (const key of ['gone/1', 'gone/2', 'here/1', 'here/2']) await moving.shadow.put(key, 'x');
    for (const key of ['gone/1', 'gone/2', 'here/1']) await moving.client.ask('DELETE', key);
    const [page] = await listAll(moving, 2, { delimiter: '/' });
    expect(page?.prefixes).toEqual(['here/']);
  });

  it('fails rather than show holes when either store fails', async () => {
    const failing = () => async () => ({ status: 503, headers: {} });
    for (const options of [{ onTarget: failing }, { onShadow: failing }]) {
      const { client } = await movingBucket(options);
      const failure = await client.ask('GET', '', { query: 'list-type=2' }).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'ServiceUnavailable', headers: { 'retry-after': '1' } });
    }
  });

  it('goes on where a store sends an empty page and says that there is more', async () => {
    const onShadow: S3Filter = (service) => async (request) => {
      const token = request.query.find(([name]) => name === 'continuation-token');
      if (request.operation !== 'ListObjectsV2' || token?.[1] === 'second')
        return service(withoutToken(request));
      const next = token ? 'second' : 'first';
      const xml = `<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>${next}</NextContinuationToken></ListBucketResult>`;
      return { status: 200, headers: {}, body: Buffer.from(xml) };
    };
    const moving = await movingBucket({ onShadow });
    for (const key of ['a', 'b']) await moving.shadow.put(key, 'x');
    expect(await moving.client.keys()).toEqual(['a', 'b']);
  });

  it('fails rather than go round in circles over a store that does not go on', async () => {
    const onShadow: S3Filter = (service) => async (request) =>
      service({
        ...request,
        query: request.query.filter(([name]) => !/^(start-after|continuation)/.test(name)),
      });
    const moving = await movingBucket({ onShadow });
    for (const key of ['a', 'b', 'c']) await moving.shadow.put(key, 'x');
    await expect(moving.client.keys('max-keys=2')).rejects.toMatchObject({ status: 503 });
  });

  it('is whole over a store that starts where it likes, as long as its tokens lead on', async () => {
    const onShadow: S3Filter = (service) => async (request) =>
      service({ ...request, query: request.query.filter(([name]) => name !== 'start-after') });
    const moving = await movingBucket({ onShadow });
    const keys = ['a', 'b', 'c', 'd', 'e'];
    for (const key of keys) await moving.shadow.put(key, 'x');
    expect(await moving.client.keys('max-keys=2')).toEqual(keys);
  });

  it('is full although very many deleted keys come first, for a call of each store more', async () => {
    const moving = await movingBucket({ delete: 'target', state: new MemoryKv(systemClock) });
    const gone = Array.from({ length: 400 }, (_, index) => `gone-${String(index).padStart(3, '0')}`);
    for (const key of [...gone, 'here']) await moving.shadow.put(key, 'x');
    for (const key of gone) await moving.client.ask('DELETE', key);
    moving.asked.shadow.length = 0;
    const [first] = await listAll(moving, 2, { 'max-keys': '1' });
    expect(first?.keys).toEqual(['here']);
    expect(moving.asked.shadow).toHaveLength(2);
  });
});
