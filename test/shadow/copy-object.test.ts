import { describe, expect, it } from 'vitest';
import type { HeaderFields, S3Filter } from '../../src/s3/message.js';
import { type Moving, type MovingOptions, movingBucket } from './moving.js';
import { Uploading } from './uploading.js';

const failureOf = (answer: Promise<unknown>) => answer.catch((error: unknown) => error);

const METADATA = {
  'content-type': 'text/x-old',
  'cache-control': 'no-store',
  'x-amz-meta-a': 'b',
  'x-amz-tagging': 'colour=red',
};

const withSource = async (options: MovingOptions = {}): Promise<Moving> => {
  const moving = await movingBucket({ writeThrough: true, ...options });
  await moving.target.put('source', 'bytes', METADATA);
  return moving;
};

const copy = ({ client }: Moving, headers: HeaderFields = {}, key = 'copy') =>
  client.ask('PUT', key, { headers: { 'x-amz-copy-source': 'new/source', ...headers } });

/** What both stores say of a key, which has to be the same. */
const written = async (
  { target, shadow }: Moving,
  key = 'copy',
): Promise<Record<string, string | undefined>> => {
  const [one, other] = await Promise.all(
    [target, shadow].map(async (store) => {
      const { headers, text } = await store.ask('GET', key);
      const { 'last-modified': _, 'x-amz-request-id': __, ...kept } = headers;
      return { ...kept, text, tags: (await store.ask('GET', key, { query: 'tagging' })).text };
    }),
  );
  expect(other).toEqual(one);
  return one ?? {};
};

describe('a copy with write-through', () => {
  it('has the bytes, the metadata and the tags of its source in both stores', async () => {
    const moving = await withSource();
    const { status, text, headers } = await copy(moving, {
      'content-type': 'ignored/x',
      'x-amz-tagging': 'a=1',
    });
    expect([status, headers['content-type']]).toEqual([200, 'application/xml']);
    const { 'x-amz-tagging': _, ...metadata } = METADATA;
    const { tags, ...object } = await written(moving);
    expect(object).toMatchObject({ ...metadata, text: 'bytes' });
    expect(tags).toContain('<Value>red</Value>');
    expect(text).toContain(object.etag?.replaceAll('"', '') ?? 'no ETag');
    expect(text).toMatch(/<CopyObjectResult.*<LastModified>\d{4}-/s);
    expect((await moving.ledger.record('copy')).intents).toEqual([]);
  });

  it('has its own metadata and tags where it says REPLACE', async () => {
    const moving = await withSource();
    await copy(moving, {
      'x-amz-metadata-directive': 'REPLACE',
      'x-amz-tagging-directive': 'REPLACE',
      'content-type': 'text/x-new',
      'x-amz-meta-c': 'd',
    });
    const object = await written(moving);
    expect(object).toMatchObject({ 'content-type': 'text/x-new', 'x-amz-meta-c': 'd', text: 'bytes' });
    expect(object).not.toHaveProperty('x-amz-meta-a');
    expect(object).not.toHaveProperty('cache-control');
    expect(object.tags).not.toContain('<Tag>');
  });

  it('can be one of an object onto itself that changes its metadata, and nothing less', async () => {
    const moving = await withSource();
    expect(await failureOf(copy(moving, {}, 'source'))).toMatchObject({ code: 'InvalidRequest' });
    await copy(moving, { 'x-amz-metadata-directive': 'REPLACE', 'x-amz-meta-c': 'd' }, 'source');
    expect(await written(moving, 'source')).toMatchObject({ 'x-amz-meta-c': 'd', text: 'bytes' });
  });

  it.each(['', 'x', 'x'.repeat(1_000_000)])('can have any length', async (body) => {
    const moving = await withSource();
    await moving.target.put('source', body);
    expect((await copy(moving)).status).toBe(200);
    expect(await written(moving)).toMatchObject({ text: body });
  });

  it('of an object in parts is one of a single part, as in S3', async () => {
    const moving = await withSource();
    const upload = await Uploading.begin(moving.client, 'source');
    await upload.part(1, 'abc');
    await upload.part(2, 'def');
    await upload.complete();
    expect((await copy(moving)).status).toBe(200);
    expect(await written(moving)).toMatchObject({ etag: expect.not.stringContaining('-'), text: 'abcdef' });
  });

  it('is made only if its source is as the client says', async () => {
    const moving = await withSource();
    const { etag = '' } = (await moving.target.ask('HEAD', 'source')).headers;
    const changed = copy(moving, { 'x-amz-copy-source-if-none-match': etag });
    expect(await failureOf(changed)).toMatchObject({ code: 'PreconditionFailed' });
    expect(await moving.shadow.keys()).toEqual([]);
    expect((await copy(moving, { 'x-amz-copy-source-if-match': etag })).status).toBe(200);
  });

  it('is judged by the object that clients see in its place, wherever that is', async () => {
    const moving = await withSource();
    const { headers } = await moving.shadow.put('copy', 'old');
    expect(await failureOf(copy(moving, { 'if-none-match': '*' }))).toMatchObject({ status: 412 });
    expect((await copy(moving, { 'if-match': headers.etag ?? '' })).status).toBe(200);
    expect(await written(moving)).toMatchObject({ text: 'bytes' });
  });

  it('fails as its source does', async () => {
    const moving = await withSource();
    const missing = await copy(moving, { 'x-amz-copy-source': 'new/none' });
    expect(missing).toMatchObject({ status: 404, text: expect.stringContaining('NoSuchKey') });
    expect(await failureOf(copy(moving, { 'x-amz-metadata-directive': 'MOVE' }))).toMatchObject({
      code: 'InvalidArgument',
    });
  });

  it('is in neither store when the shadow refuses it', async () => {
    const onShadow: S3Filter = (service) => async (request) =>
      request.operation === 'PutObject' ? { status: 403, headers: {} } : service(request);
    const moving = await withSource({ onShadow });
    expect(await failureOf(copy(moving))).toMatchObject({ status: 503 });
    await moving.settled();
    expect([await moving.target.keys(), await moving.shadow.keys()]).toEqual([['source'], []]);
  });

  it('sends no bytes but those of its source', async () => {
    const onTarget: S3Filter = (service) => async (request) => {
      const answer = await service(request);
      if (request.operation !== 'GetObject') return answer;
      return { ...answer, body: Buffer.from('bytEs') };
    };
    const moving = await withSource({ onTarget });
    expect(await copy(moving)).toMatchObject({ status: 400, text: expect.stringContaining('BadDigest') });
    expect(await moving.target.keys()).toEqual(['source']);
  });
});
