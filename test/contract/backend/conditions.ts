import { expect, it } from 'vitest';
import type { StoreClient } from '../../support/store-client.js';
import { completeUpload, expectError, type Scene, startUpload, uploadPart } from './scene.js';

const PAST = 'Sat, 01 Jan 2000 00:00:00 GMT';
const FUTURE = 'Fri, 01 Jan 2100 00:00:00 GMT';

export function conditionCases(scene: Scene): void {
  async function withObject(): Promise<{ client: StoreClient; etag: string }> {
    const client = await scene.bucket();
    const { headers } = await client.put('key', 'text', { 'cache-control': 'max-age=1' });
    return { client, etag: headers.etag ?? '' };
  }

  const get = async (client: StoreClient, headers: Record<string, string>) =>
    (await client.ask('GET', 'key', { headers })).status;

  it('reads an object only when it has changed since the reader saw it', async () => {
    const { client, etag } = await withObject();
    expect(await get(client, { 'if-none-match': etag })).toBe(304);
    expect(await get(client, { 'if-none-match': '"other"' })).toBe(200);
    expect(await get(client, { 'if-modified-since': FUTURE })).toBe(304);
    expect(await get(client, { 'if-modified-since': PAST })).toBe(200);
  });

  it('answers 304 with the ETag and without a body, to GET and to HEAD', async () => {
    const { client, etag } = await withObject();
    for (const method of ['GET', 'HEAD']) {
      const { status, text, headers } = await client.ask(method, 'key', {
        headers: { 'if-none-match': etag },
      });
      expect([status, text, headers.etag]).toEqual([304, '', etag]);
    }
  });

  it('reads an object only while it is the one the reader saw', async () => {
    const { client, etag } = await withObject();
    expect(await get(client, { 'if-match': etag })).toBe(200);
    expectError(
      await client.ask('GET', 'key', { headers: { 'if-match': '"other"' } }),
      412,
      'PreconditionFailed',
    );
    expect(await get(client, { 'if-unmodified-since': FUTURE })).toBe(200);
    expect(await get(client, { 'if-unmodified-since': PAST })).toBe(412);
  });

  it('lets the ETag win over the date', async () => {
    const { client, etag } = await withObject();
    expect(await get(client, { 'if-match': etag, 'if-unmodified-since': PAST })).toBe(200);
    expect(await get(client, { 'if-none-match': etag, 'if-modified-since': PAST })).toBe(304);
  });

  it('answers a condition on a key that is not there with 404', async () => {
    const client = await scene.bucket();
    expect(await get(client, { 'if-match': '"any"' })).toBe(404);
    expect(await get(client, { 'if-none-match': '*' })).toBe(404);
  });

  it('creates an object only when there is none', async () => {
    const client = await scene.bucket();
    expect((await client.put('key', 'first', { 'if-none-match': '*' })).status).toBe(200);
    expectError(await client.put('key', 'second', { 'if-none-match': '*' }), 412, 'PreconditionFailed');
    expect(await client.text('key')).toBe('first');
  });

  it('lets exactly one of many creators win', async () => {
    const client = await scene.bucket();
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) => client.put('key', `${index}`, { 'if-none-match': '*' })),
    );
    const winners = answers.flatMap(({ status }, index) => (status === 200 ? [`${index}`] : []));
    expect(winners).toEqual([await client.text('key')]);
  });

  scene.when('ifMatchOnPut')('replaces an object only while it is the one the writer saw', async () => {
    const { client, etag } = await withObject();
    expectError(await client.put('key', 'no', { 'if-match': '"other"' }), 412, 'PreconditionFailed');
    expect((await client.put('key', 'new', { 'if-match': etag })).status).toBe(200);
    expect(await client.text('key')).toBe('new');
    expectError(await client.put('missing', 'no', { 'if-match': etag }), 404, 'NoSuchKey');
  });

  scene.when('ifMatchOnPut')('lets exactly one of many replacements of the same object win', async () => {
    const { client, etag } = await withObject();
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => client.put('key', `${index}`, { 'if-match': etag })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  scene.when('ifMatchOnDelete')('deletes an object only while it is the one the client saw', async () => {
    const { client, etag } = await withObject();
    const refused = await client.ask('DELETE', 'key', { headers: { 'if-match': '"other"' } });
    expectError(refused, 412, 'PreconditionFailed');
    expect(await client.text('key')).toBe('text');
    expect((await client.ask('DELETE', 'key', { headers: { 'if-match': etag } })).status).toBe(204);
    expect(await client.text('key')).toBeUndefined();
  });

  scene.when('conditionalComplete')('completes an upload only when there is no object', async () => {
    const client = await scene.bucket();
    const target = { key: 'key', uploadId: await startUpload(client, 'key') };
    const etag = await uploadPart(client, target, 1, 'part');
    await client.put('key', 'first');
    const none = { 'if-none-match': '*' };
    expectError(await completeUpload(client, target, [[1, etag]], none), 412, 'PreconditionFailed');
    expect(await client.text('key')).toBe('first');
    await client.ask('DELETE', 'key');
    expect((await completeUpload(client, target, [[1, etag]], none)).status).toBe(200);
    expect(await client.text('key')).toBe('part');
  });

  scene.when('conditionalComplete')('completes an upload only while the object is the one seen', async () => {
    const { client, etag } = await withObject();
    const target = { key: 'key', uploadId: await startUpload(client, 'key') };
    const part = await uploadPart(client, target, 1, 'part');
    const other = await completeUpload(client, target, [[1, part]], { 'if-match': '"other"' });
    expectError(other, 412, 'PreconditionFailed');
    expect((await completeUpload(client, target, [[1, part]], { 'if-match': etag })).status).toBe(200);
  });
}
