import { describe, expect, it } from 'vitest';
import type { S3Filter, S3Request, S3Response } from '../../../src/s3/message.js';
import { hasQuery, queryValue } from '../../../src/s3/params.js';
import { readVersions } from '../../../src/s3/xml/versions.js';
import { systemClock } from '../../../src/system/clock.js';
import { MemoryKv } from '../../simulation/memory-kv.js';
import { type MovingOptions, movingBucket } from '../moving.js';

const moving = (options: MovingOptions = {}) =>
  movingBucket({ state: new MemoryKv(systemClock), ...options });

const NULL = { query: 'versionId=null' };

const noSuchVersion = (): S3Response => ({
  status: 404,
  headers: {},
  body: Buffer.from('<Error><Code>NoSuchVersion</Code></Error>'),
});

const versionsOf = async ({ client }: Awaited<ReturnType<typeof moving>>, query = '') => {
  const { body } = await client.ask('GET', '', { query: `versions&${query}` });
  return readVersions(body).versions.map(({ key, versionId }) => `${key} ${versionId}`);
};

/** A target that counts versions: what it has of a key has another name than `null`. */
const countingVersions: S3Filter = (service) => async (request) =>
  queryValue(request, 'versionId') === 'null' ? noSuchVersion() : service(request);

const answering =
  (when: (request: S3Request) => boolean, answer: S3Response): S3Filter =>
  (service) =>
  async (request) =>
    when(request) ? answer : service(request);

describe('the listing of versions', () => {
  it("has the shadow's objects as the version null, and the latest", async () => {
    const { client, shadow } = await moving();
    await shadow.put('k', 'four');
    const { body } = await client.ask('GET', '', { query: 'versions' });
    expect(readVersions(body)).toMatchObject({
      versions: [{ key: 'k', versionId: 'null', isLatest: true, deleteMarker: false, size: 4 }],
      isTruncated: false,
    });
  });

  it('has no key that was deleted, and one that was written again', async () => {
    const bucket = await moving({ delete: 'target' });
    for (const key of ['a', 'b', 'c']) await bucket.shadow.put(key, 'x');
    for (const key of ['a', 'b']) await bucket.client.ask('DELETE', key);
    await bucket.client.put('b', 'y');
    expect(await versionsOf(bucket)).toEqual(['b null', 'c null']);
  });

  it('ends with what the target says when it lists no versions', async () => {
    const body = Buffer.from('<Error><Code>NotImplemented</Code></Error>');
    const isListing = ({ operation }: S3Request) => operation === 'ListObjectVersions';
    const { client } = await moving({ onTarget: answering(isListing, { status: 501, headers: {}, body }) });
    const answer = await client.ask('GET', '', { query: 'versions' });
    expect(answer).toMatchObject({ status: 501, text: body.toString() });
  });

  it('fails rather than show holes when the shadow fails', async () => {
    const { client } = await moving({ onShadow: () => async () => ({ status: 503, headers: {} }) });
    await expect(client.ask('GET', '', { query: 'versions' })).rejects.toMatchObject({
      code: 'ServiceUnavailable',
      headers: { 'retry-after': '1' },
    });
  });

  it('fails rather than go round in circles over a target that does not go on', async () => {
    const xml =
      '<ListVersionsResult><IsTruncated>true</IsTruncated><NextKeyMarker>k</NextKeyMarker></ListVersionsResult>';
    const isListing = ({ operation }: S3Request) => operation === 'ListObjectVersions';
    const { client } = await moving({
      onTarget: answering(isListing, { status: 200, headers: {}, body: Buffer.from(xml) }),
    });
    await expect(client.ask('GET', '', { query: 'versions' })).rejects.toMatchObject({ status: 503 });
  });

  it("is the target's own once the shadow is about to go", async () => {
    const { another, shadow, asked } = await moving();
    await shadow.put('k', 'x');
    const { body } = await another('target-only').ask('GET', '', { query: 'versions' });
    expect(readVersions(body).versions).toEqual([]);
    expect(asked.shadow).toEqual([]);
  });

  it('is put off while not all gateways ask the shadow yet', async () => {
    const { client } = await moving({ rung: 'opening' });
    await expect(client.ask('GET', '', { query: 'versions' })).rejects.toMatchObject({ code: 'SlowDown' });
  });
});

describe('the version null', () => {
  it.each([false, true])(
    'of a key that only the shadow has is its object (write-through %s)',
    async (writeThrough) => {
      const { client, shadow, asked, settled } = await moving({ writeThrough });
      await shadow.put('k', 'from S', { 'x-amz-meta-a': 'b' });
      const got = await client.ask('GET', 'k', NULL);
      expect(got).toMatchObject({ status: 200, text: 'from S' });
      expect(got.headers).toMatchObject({ 'x-penumbra-source': 'shadow', 'x-amz-meta-a': 'b' });
      const part = await client.ask('GET', 'k', { ...NULL, headers: { range: 'bytes=5-5' } });
      expect(part).toMatchObject({ status: 206, text: 'S' });
      const head = await client.ask('HEAD', 'k', NULL);
      expect(head).toMatchObject({ status: 200, headers: { 'content-length': '6' } });
      expect(asked.shadow.some((request) => hasQuery(request, 'versionId'))).toBe(false);
      await settled();
      expect(asked.target.filter(({ method }) => method === 'PUT')).toEqual([]);
    },
  );

  it("is the target's where it has one", async () => {
    const { client, shadow, target, asked } = await moving();
    await shadow.put('k', 'old');
    await target.put('k', 'new');
    expect(await client.ask('GET', 'k', NULL)).toMatchObject({ status: 200, text: 'new' });
    expect(asked.shadow).toEqual([]);
  });

  it.each([false, true])('of a deleted key is not there (write-through %s)', async (writeThrough) => {
    const { client, shadow } = await moving({ delete: 'target', writeThrough });
    await shadow.put('k', 'old');
    await client.ask('DELETE', 'k');
    for (const method of ['GET', 'HEAD']) expect((await client.ask(method, 'k', NULL)).status).toBe(404);
  });

  it.each([false, true])(
    "is not the shadow's where the target has another version (write-through %s)",
    async (writeThrough) => {
      const { client, shadow, target } = await moving({ onTarget: countingVersions, writeThrough });
      await shadow.put('k', 'old');
      await target.put('k', 'new');
      expect(await client.ask('GET', 'k', NULL)).toMatchObject({ status: 404 });
      expect((await client.ask('GET', 'k', NULL)).text).toContain('NoSuchVersion');
      expect((await client.ask('HEAD', 'k', NULL)).status).toBe(404);
    },
  );

  it("is not the shadow's under the target's delete marker", async () => {
    const marker = { status: 404, headers: { 'x-amz-delete-marker': 'true' } };
    const isPlainHead = (request: S3Request) => request.method === 'HEAD' && !hasQuery(request, 'versionId');
    const { client, shadow } = await moving({ onTarget: answering(isPlainHead, marker) });
    await shadow.put('k', 'old');
    expect((await client.ask('GET', 'k', NULL)).status).toBe(404);
  });

  it('is found when it is copied just as it is looked for', async () => {
    let copy = async (): Promise<void> => undefined;
    const onTarget: S3Filter = (service) => async (request) => {
      const answer = await service(request);
      if (queryValue(request, 'versionId') === 'null') await copy();
      return answer;
    };
    const { client, shadow, bucket } = await moving({ onTarget });
    await shadow.put('k', 'x');
    copy = async () => void (await bucket.migrate('k'));
    expect(await client.ask('GET', 'k', NULL)).toMatchObject({ status: 200, text: 'x' });
  });

  it('cannot be told while the shadow fails', async () => {
    const { client } = await moving({ onShadow: () => async () => ({ status: 503, headers: {} }) });
    await expect(client.ask('GET', 'k', NULL)).rejects.toMatchObject({ code: 'ServiceUnavailable' });
  });

  it('gets its tags once the target has the object', async () => {
    const { client, shadow, target } = await moving();
    await shadow.put('k', 'x');
    const body = '<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>';
    expect((await client.ask('PUT', 'k', { query: 'tagging&versionId=null', body })).status).toBe(200);
    expect((await target.ask('GET', 'k', { query: 'tagging' })).text).toContain('<Value>b</Value>');
  });
});

describe('any other version', () => {
  it('is asked of the target alone', async () => {
    const { client, shadow, asked } = await moving();
    await shadow.put('k', 'x');
    expect((await client.ask('GET', 'k', { query: 'versionId=v1' })).status).toBe(404);
    expect(asked.shadow).toEqual([]);
  });
});
