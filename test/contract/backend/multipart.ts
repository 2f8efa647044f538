import { createHash, randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { formatCopySource } from '../../../src/s3/copy-source.js';
import { readCopyResult } from '../../../src/s3/xml/copy.js';
import { readCompleteResult } from '../../../src/s3/xml/multipart.js';
import { readTagging } from '../../../src/s3/xml/tagging.js';
import {
  completeUpload,
  expectError,
  putInParts,
  type Scene,
  startUpload,
  type UploadTarget,
  uploadPart,
} from './scene.js';

export function multipartCases(scene: Scene): void {
  const large = (): Buffer => {
    const { minPartSize, anyParts } = scene.capabilities;
    return randomBytes(anyParts ? minPartSize + 7 : minPartSize);
  };

  async function withUpload(headers: Record<string, string> = {}) {
    const client = await scene.bucket();
    const target: UploadTarget = { key: 'key', uploadId: await startUpload(client, 'key', headers) };
    return { client, target };
  }

  it('makes one object of its parts', async () => {
    const client = await scene.bucket();
    const parts = [large(), large(), Buffer.from('the last is small')];
    await putInParts(client, 'key', parts);
    const { body, headers } = await client.ask('GET', 'key');
    expect(body.equals(Buffer.concat(parts))).toBe(true);
    expect(headers['content-length']).toBe(String(Buffer.concat(parts).length));
  });

  scene.when('digestETags')('gives the object the ETag that S3 gives', async () => {
    const client = await scene.bucket();
    const parts = [large(), Buffer.from('last')];
    await putInParts(client, 'key', parts);
    const md5s = parts.map((part) => createHash('md5').update(part).digest());
    const etag = `"${createHash('md5').update(Buffer.concat(md5s)).digest('hex')}-2"`;
    expect((await client.ask('HEAD', 'key')).headers.etag).toBe(etag);
  });

  it('shows nothing of an upload before it is complete', async () => {
    const { client, target } = await withUpload();
    await uploadPart(client, target, 1, 'part');
    expect(await client.text('key')).toBeUndefined();
    expect(await client.keys()).toEqual([]);
  });

  it('keeps the metadata and the tags that the upload was started with', async () => {
    const client = await scene.bucket();
    const headers = { 'content-type': 'text/css', 'x-amz-meta-a': 'b', 'x-amz-tagging': 'color=blue' };
    await putInParts(client, 'key', ['only'], headers);
    const head = await client.ask('HEAD', 'key');
    expect(head.headers).toMatchObject({ 'content-type': 'text/css', 'x-amz-meta-a': 'b' });
    expect(readTagging((await client.ask('GET', 'key', { query: 'tagging' })).text)).toEqual([
      ['color', 'blue'],
    ]);
  });

  it('takes parts in any order, and makes the object in that of their numbers', async () => {
    const { client, target } = await withUpload();
    const first = large();
    const [one, two] = scene.capabilities.anyParts ? [3, 7] : [1, 2];
    const last = await uploadPart(client, target, two, 'last');
    const etag = await uploadPart(client, target, one, first);
    expect(
      (
        await completeUpload(client, target, [
          [one, etag],
          [two, last],
        ])
      ).status,
    ).toBe(200);
    const { body } = await client.ask('GET', 'key');
    expect(body.equals(Buffer.concat([first, Buffer.from('last')]))).toBe(true);
  });

  it('replaces a part that is uploaded again', async () => {
    const { client, target } = await withUpload();
    await uploadPart(client, target, 1, large());
    const etag = await uploadPart(client, target, 1, 'second');
    expect((await completeUpload(client, target, [[1, etag]])).status).toBe(200);
    expect(await client.text('key')).toBe('second');
  });

  it('leaves out the parts that are not named', async () => {
    const { client, target } = await withUpload();
    const etag = await uploadPart(client, target, 1, 'first');
    await uploadPart(client, target, 2, 'second');
    await completeUpload(client, target, [[1, etag]]);
    expect(await client.text('key')).toBe('first');
  });

  it('replaces the object that was there', async () => {
    const client = await scene.bucket();
    await client.put('key', 'old');
    await putInParts(client, 'key', [large(), 'new']);
    await putInParts(client, 'key', ['newest']);
    expect(await client.text('key')).toBe('newest');
    expect(await client.keys()).toEqual(['key']);
  });

  it('refuses parts out of order', async () => {
    const { client, target } = await withUpload();
    const one = await uploadPart(client, target, 1, large());
    const two = await uploadPart(client, target, 2, 'two');
    expectError(
      await completeUpload(client, target, [
        [2, two],
        [1, one],
      ]),
      400,
      'InvalidPartOrder',
    );
    expect(
      (
        await completeUpload(client, target, [
          [1, one],
          [2, two],
        ])
      ).status,
    ).toBe(200);
  });

  it('refuses a part that was not uploaded, or has another ETag', async () => {
    const { client, target } = await withUpload();
    const etag = await uploadPart(client, target, 1, 'part');
    expectError(await completeUpload(client, target, [[2, etag]]), 400, 'InvalidPart');
    expectError(await completeUpload(client, target, [[1, `"${'0'.repeat(32)}"`]]), 400, 'InvalidPart');
    expect(await client.text('key')).toBeUndefined();
  });

  scene.when('anyParts')('refuses a small part that is not the last', async () => {
    const { client, target } = await withUpload();
    const one = await uploadPart(client, target, 1, Buffer.alloc(scene.capabilities.minPartSize - 1));
    const two = await uploadPart(client, target, 2, 'two');
    expectError(
      await completeUpload(client, target, [
        [1, one],
        [2, two],
      ]),
      400,
      'EntityTooSmall',
    );
  });

  it('refuses a list of parts that is no XML, or empty', async () => {
    const { client, target } = await withUpload();
    await uploadPart(client, target, 1, 'part');
    const query = `uploadId=${target.uploadId}`;
    for (const body of ['<CompleteMultipartUpload><Part>', '<CompleteMultipartUpload/>']) {
      expectError(await client.ask('POST', 'key', { query, body }), 400, 'MalformedXML');
    }
  });

  it('refuses part numbers outside 1 to 10,000', async () => {
    const { client, target } = await withUpload();
    for (const number of [0, 10_001]) {
      const query = `partNumber=${number}&uploadId=${target.uploadId}`;
      expectError(await client.ask('PUT', 'key', { query, body: 'part' }), 400, 'InvalidArgument');
    }
  });

  it('forgets an upload that is aborted', async () => {
    const { client, target } = await withUpload();
    await uploadPart(client, target, 1, large());
    const query = `uploadId=${target.uploadId}`;
    expect((await client.ask('DELETE', 'key', { query })).status).toBe(204);
    const late = { query: `partNumber=2&${query}`, body: 'late' };
    expectError(await client.ask('PUT', 'key', late), 404, 'NoSuchUpload');
    expectError(await client.ask('GET', 'key', { query }), 404, 'NoSuchUpload');
  });

  it('knows no upload that was never started', async () => {
    const client = await scene.bucket();
    const target = { key: 'key', uploadId: 'nothing-like-an-id' };
    const part = { query: 'partNumber=1&uploadId=nothing-like-an-id', body: 'part' };
    expectError(await client.ask('PUT', 'key', part), 404, 'NoSuchUpload');
    expectError(await completeUpload(client, target, [[1, '"etag"']]), 404, 'NoSuchUpload');
  });

  scene.when('repeatableComplete')(
    'answers the same to a client that asks again after it succeeded',
    async () => {
      const client = await scene.bucket();
      const target = { key: 'key', uploadId: await startUpload(client, 'key') };
      const etag = await uploadPart(client, target, 1, 'part');
      const first = await completeUpload(client, target, [[1, etag]]);
      const second = await completeUpload(client, target, [[1, etag]]);
      expect(second.status).toBe(200);
      expect(readCompleteResult(second.text)).toEqual(readCompleteResult(first.text));
      await client.put('key', 'newer');
      expectError(await completeUpload(client, target, [[1, etag]]), 404, 'NoSuchUpload');
      expect(await client.text('key')).toBe('newer');
    },
  );

  it('keeps two uploads of one key apart', async () => {
    const client = await scene.bucket();
    const one = { key: 'key', uploadId: await startUpload(client, 'key') };
    const two = { key: 'key', uploadId: await startUpload(client, 'key') };
    const etagOne = await uploadPart(client, one, 1, 'one');
    const etagTwo = await uploadPart(client, two, 1, 'two');
    await completeUpload(client, two, [[1, etagTwo]]);
    expect(await client.text('key')).toBe('two');
    await completeUpload(client, one, [[1, etagOne]]);
    expect(await client.text('key')).toBe('one');
  });

  it('copies a part from an object, whole or a range of it', async () => {
    const { client, target } = await withUpload();
    const source = large();
    await client.put('source', source);
    const copy = async (partNumber: number, headers: Record<string, string> = {}) => {
      const { text } = await client.ask('PUT', 'key', {
        query: `partNumber=${partNumber}&uploadId=${target.uploadId}`,
        headers: {
          'x-amz-copy-source': formatCopySource({ bucket: client.name, key: 'source' }),
          ...headers,
        },
      });
      const result = readCopyResult(text);
      return 'etag' in result ? result.etag : '';
    };
    const whole = await copy(1);
    const range = await copy(2, { 'x-amz-copy-source-range': 'bytes=3-9' });
    expect(
      (
        await completeUpload(client, target, [
          [1, whole],
          [2, range],
        ])
      ).status,
    ).toBe(200);
    const { body } = await client.ask('GET', 'key');
    expect(body.equals(Buffer.concat([source, source.subarray(3, 10)]))).toBe(true);
  });

  scene.when('copyConditions')('refuses to copy a range that the source does not have', async () => {
    const { client, target } = await withUpload();
    await client.put('source', 'text');
    for (const range of ['bytes=0-100', 'bytes=2', 'lines=0-1']) {
      const answer = await client.ask('PUT', 'key', {
        query: `partNumber=1&uploadId=${target.uploadId}`,
        headers: {
          'x-amz-copy-source': formatCopySource({ bucket: client.name, key: 'source' }),
          'x-amz-copy-source-range': range,
        },
      });
      expectError(answer, 400, 'InvalidArgument');
    }
  });
}
