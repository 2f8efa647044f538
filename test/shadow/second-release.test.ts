import { describe, expect, it } from 'vitest';
import { collect } from '../../src/s3/body.js';
import type { S3Filter, S3Request } from '../../src/s3/message.js';
import { readInitiateResult, writeComplete } from '../../src/s3/xml/multipart.js';
import { movingBucket } from './moving.js';

const refusing =
  (operation: S3Request['operation'], status: number): S3Filter =>
  (service) =>
  async (request) => {
    if (request.operation !== operation) return service(request);
    await collect(request.body, 1_000);
    return { status, headers: {} };
  };

describe('a write that the target refuses when the shadow has it', () => {
  it.each([400, 403, 412])('is not told as refused for sure: a PUT (%i)', async (status) => {
    const moving = await movingBucket({ writeThrough: true, onTarget: refusing('PutObject', status) });
    const answer = await moving.client.ask('PUT', 'k', { body: 'new' }).catch((error: Error) => error);
    expect(answer).toMatchObject({ code: 'ServiceUnavailable', status: 503 });
    expect(await moving.shadow.text('k')).toBe('new');
  });

  it('is not told as refused for sure: a Complete', async () => {
    const moving = await movingBucket({
      writeThrough: true,
      onTarget: refusing('CompleteMultipartUpload', 400),
    });
    const { client } = moving;
    const { uploadId } = readInitiateResult((await client.ask('POST', 'k', { query: 'uploads' })).body);
    const query = `uploadId=${encodeURIComponent(uploadId)}`;
    const part = await client.ask('PUT', 'k', { query: `partNumber=1&${query}`, body: 'part' });
    const body = writeComplete([{ partNumber: 1, etag: part.headers.etag ?? '' }]);
    const answer = await client.ask('POST', 'k', { query, body }).catch((error: Error) => error);
    expect(answer).toMatchObject({ code: 'ServiceUnavailable', status: 503 });
    expect(await moving.shadow.text('k')).toBe('part');
  });
});
