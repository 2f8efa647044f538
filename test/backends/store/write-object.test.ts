import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createMemoryBackend } from '../../../src/backends/memory/memory.js';
import { verifiedBody } from '../../../src/s3/payload/verified-body.js';
import { ask } from '../../../src/shadow/ask.js';
import { systemClock } from '../../../src/system/clock.js';

const { signal } = new AbortController();
const pieces = [Buffer.from('first, '), Buffer.from('second, '), Buffer.from('third')];
const content = Buffer.concat(pieces);
const md5 = (bytes: Buffer) => createHash('md5').update(bytes).digest();

async function bucket() {
  const { service } = createMemoryBackend({ name: 'memory', clock: systemClock });
  await service({ ...ask('CreateBucket', { method: 'PUT', signal }), bucket: 'bucket' });
  const put = (headers: Record<string, string>) => {
    const { body } = verifiedBody(Readable.from(pieces, { objectMode: false }), {
      headers,
      verified: undefined,
      contentLength: content.length,
    });
    const fields = { ...headers, 'content-length': String(content.length) };
    const request = ask('PutObject', { method: 'PUT', key: 'key', headers: fields, body, signal });
    return service({ ...request, bucket: 'bucket' });
  };
  const get = () => service({ ...ask('GetObject', { key: 'key', signal }), bucket: 'bucket' });
  return { put, get };
}

describe('a PUT of a body that was verified on its way', () => {
  it.each([
    ['with a Content-MD5', { 'content-md5': md5(content).toString('base64') }],
    ['without one', {}],
  ])('has the MD5 of its bytes as ETag, %s', async (_, headers) => {
    const { put, get } = await bucket();
    const etag = `"${md5(content).toString('hex')}"`;
    expect((await put(headers)).headers.etag).toBe(etag);
    expect(await get()).toMatchObject({ status: 200, headers: { etag }, body: content });
  });

  it('stores nothing of bytes that are not what their Content-MD5 says', async () => {
    const { put, get } = await bucket();
    const other = md5(Buffer.from('other')).toString('base64');
    expect((await put({ 'content-md5': other })).status).toBe(400);
    expect((await get()).status).toBe(404);
  });
});
