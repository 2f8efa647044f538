import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { BackendUnavailable } from '../../src/backends/backend.js';
import { S3Error } from '../../src/s3/errors.js';
import type { S3Filter, S3Response } from '../../src/s3/message.js';
import { KvUnavailable } from '../../src/state/kv.js';
import { systemClock } from '../../src/system/clock.js';
import { read } from '../support/store-client.js';
import { heedingSignal, type Moving, movingBucket } from './moving.js';

const reads = ({ asked }: Moving) =>
  asked.shadow.filter(({ operation }) => operation === 'GetObject').map(({ key }) => key);

/** A store that answers some requests in its own way. */
const answering =
  (status: number, headers = {}): S3Filter =>
  () =>
  async () => ({ status, headers });

describe('a read of an object that only the shadow has', () => {
  it('gives its bytes and metadata, says where they came from, and brings it over', async () => {
    const moving = await movingBucket();
    const metadata = {
      'content-type': 'image/jpeg',
      'cache-control': 'max-age=60',
      'content-disposition': 'attachment',
      'content-encoding': 'gzip',
      'content-language': 'de',
      expires: 'Thu, 01 Jan 2032 00:00:00 GMT',
      'x-amz-meta-camera': 'Leica',
      'x-amz-tagging': 'year=2026&trip=a%20b',
    };
    await moving.shadow.put('a b/ü', 'old bytes', metadata);
    const first = await moving.client.ask('GET', 'a b/ü');
    expect(first).toMatchObject({ status: 200, text: 'old bytes' });
    expect(first.headers).toMatchObject({ 'x-penumbra-source': 'shadow', 'content-type': 'image/jpeg' });
    await moving.settled();

    const { 'x-amz-tagging': _, ...kept } = metadata;
    const copy = await moving.target.ask('GET', 'a b/ü');
    expect(copy).toMatchObject({
      status: 200,
      text: 'old bytes',
      headers: { ...kept, etag: first.headers.etag },
    });
    const tags = await moving.target.ask('GET', 'a b/ü', { query: 'tagging' });
    expect(tags.text).toContain('<Key>trip</Key><Value>a b</Value>');

    const second = await moving.client.ask('GET', 'a b/ü');
    expect(second).toMatchObject({ text: 'old bytes', headers: { 'x-penumbra-source': 'target' } });
    expect(reads(moving)).toEqual(['a b/ü']);
  });

  it('is made once for many readers at the same time', async () => {
    const moving = await movingBucket();
    await moving.shadow.put('k', 'x'.repeat(100_000));
    const answers = await Promise.all(Array.from({ length: 20 }, () => moving.client.text('k')));
    expect(new Set(answers)).toEqual(new Set(['x'.repeat(100_000)]));
    expect(reads(moving)).toEqual(['k']);
  });

  it('is counted as a copy of reads, with its bytes, a range that had all of it copied too, and not one that a sweep made', async () => {
    const moving = await movingBucket();
    for (const key of ['read', 'range', 'swept', 'head']) await moving.shadow.put(key, '12345');
    await moving.client.ask('GET', 'read');
    await moving.client.ask('GET', 'range', { headers: { range: 'bytes=0-1' } });
    await moving.client.ask('HEAD', 'head');
    await moving.bucket.migrate('swept');
    await moving.settled();
    expect(await moving.target.keys()).toEqual(['range', 'read', 'swept']);
    expect(moving.copiedByReads).toEqual({ objects: 2, bytes: 10 });
  });

  it('brings it over although the client leaves', async () => {
    const moving = await movingBucket();
    const bytes = Buffer.alloc(3_000_000, 'penumbra');
    await moving.shadow.put('big', bytes);
    const answer = await moving.client.open('GET', 'big');
    (answer.body as Readable).destroy();
    await moving.settled();
    expect((await moving.target.ask('GET', 'big')).body.equals(bytes)).toBe(true);
  });

  it('keeps the parts, and so the ETag, of one that was uploaded in parts', async () => {
    const moving = await movingBucket();
    const { text } = await moving.shadow.ask('POST', 'parts', { query: 'uploads', body: '' });
    const uploadId = /<UploadId>([^<]+)/.exec(text)?.[1] ?? '';
    const parts = ['a'.repeat(6_000_000), 'b'.repeat(6_000_000), 'c'];
    const listed: string[] = [];
    for (const [index, part] of parts.entries()) {
      const query = `partNumber=${index + 1}&uploadId=${uploadId}`;
      const { headers } = await moving.shadow.ask('PUT', 'parts', { query, body: part });
      listed.push(`<Part><PartNumber>${index + 1}</PartNumber><ETag>${headers.etag}</ETag></Part>`);
    }
    const body = `<CompleteMultipartUpload>${listed.join('')}</CompleteMultipartUpload>`;
    expect((await moving.shadow.ask('POST', 'parts', { query: `uploadId=${uploadId}`, body })).status).toBe(
      200,
    );

    const first = await moving.client.ask('GET', 'parts');
    expect(first.text).toBe(parts.join(''));
    await moving.settled();
    const copy = await moving.target.ask('GET', 'parts');
    expect(copy.text).toBe(parts.join(''));
    expect(copy.headers.etag).toBe(first.headers.etag);
    expect(copy.headers.etag).toMatch(/-3"$/);
  });

  it('brings an empty object over', async () => {
    const moving = await movingBucket();
    await moving.shadow.put('empty/', '');
    expect(await moving.client.text('empty/')).toBe('');
    await moving.settled();
    expect(await moving.target.text('empty/')).toBe('');
  });

  it('answers a range from the shadow and brings the whole over, once', async () => {
    const moving = await movingBucket();
    await moving.shadow.put('k', '0123456789');
    const ranges = ['bytes=2-4', 'bytes=5-6'].map((range) =>
      moving.client.ask('GET', 'k', { headers: { range } }),
    );
    const [first, second] = await Promise.all(ranges);
    expect(first).toMatchObject({ status: 206, text: '234', headers: { 'content-range': 'bytes 2-4/10' } });
    expect(second).toMatchObject({ status: 206, text: '56' });
    await moving.settled();
    expect(await moving.target.text('k')).toBe('0123456789');
    const whole = moving.asked.shadow.filter(
      ({ operation, headers }) => operation === 'GetObject' && !headers.range,
    );
    expect(whole).toHaveLength(1);
  });

  it('answers HEAD without copying', async () => {
    const moving = await movingBucket();
    await moving.shadow.put('k', 'abc');
    const { status, headers } = await moving.client.ask('HEAD', 'k');
    expect(status).toBe(200);
    expect(headers).toMatchObject({ 'content-length': '3', 'x-penumbra-source': 'shadow' });
    await moving.settled();
    expect(await moving.target.text('k')).toBeUndefined();
  });

  it('lets the shadow judge the conditions, and copies nothing that was not sent', async () => {
    const moving = await movingBucket();
    const { headers } = await moving.shadow.put('k', 'abc');
    const etag = headers.etag ?? '';
    expect((await moving.client.ask('GET', 'k', { headers: { 'if-none-match': etag } })).status).toBe(304);
    expect((await moving.client.ask('GET', 'k', { headers: { 'if-match': '"other"' } })).status).toBe(412);
    await moving.settled();
    expect(await moving.target.text('k')).toBeUndefined();
    expect((await moving.ledger.record('k')).copies).toEqual([]);
  });

  it('applies overrides to the answer and not to the copy', async () => {
    const moving = await movingBucket();
    await moving.shadow.put('k', 'abc', { 'content-type': 'text/plain' });
    const { headers } = await moving.client.ask('GET', 'k', { query: 'response-content-type=text/html' });
    expect(headers['content-type']).toBe('text/html');
    await moving.settled();
    expect((await moving.target.ask('HEAD', 'k')).headers['content-type']).toBe('text/plain');
  });

  it('lets no override touch what describes the bytes, and refuses one that no header can carry', async () => {
    const moving = await movingBucket();
    await moving.shadow.put('k', '0123456789');
    const { headers, text } = await moving.client.ask('GET', 'k', { query: 'response-content-length=2' });
    expect(headers['content-length']).toBe('10');
    expect(text).toBe('0123456789');
    await moving.shadow.put('other', 'abc');
    const query = `response-content-disposition=${encodeURIComponent('attachment; filename="€"')}`;
    for (const key of ['k', 'other']) {
      const refused = await moving.client.ask('GET', key, { query }).catch((error: unknown) => error);
      expect(refused).toMatchObject({ status: 400 });
    }
    await moving.settled();
  });

  it('is whole for a slow client although the target refuses the copy', async () => {
    const onTarget: S3Filter = (service) => async (request) =>
      request.method === 'PUT' ? { status: 403, headers: {} } : service(request);
    const moving = await movingBucket({ onTarget });
    await moving.shadow.put('k', 'x'.repeat(200_000));
    const answer = await moving.client.open('GET', 'k');
    await moving.settled();
    expect(await read(answer)).toHaveLength(200_000);
  });

  it('is served although it cannot be copied yet, for its size', async () => {
    const source = new Readable({ read: () => void source.push(Buffer.alloc(65_536)) });
    const headers = { 'content-length': String(6 * 1024 ** 3), etag: '"x"' };
    const onShadow: S3Filter = (service) => async (request) =>
      request.operation === 'GetObject' ? { status: 200, headers, body: source } : service(request);
    const conditionalWrites = { put: true, complete: false, match: false };
    const moving = await movingBucket({ onShadow, conditionalWrites });
    const { body } = await moving.client.open('GET', 'k');
    let received = 0;
    for await (const chunk of body as Readable) {
      received += chunk.length;
      if (received > 1_000_000) break;
    }
    await moving.settled();
    expect([received > 1_000_000, source.destroyed, moving.demands()]).toEqual([true, true, 1]);
    expect((await moving.ledger.record('k')).copies).toEqual([]);
  });

  it('frees the source when the target has the object by then and the client leaves', async () => {
    const source = new Readable({ read: () => void source.push(Buffer.alloc(65_536)) });
    const headers = { 'content-length': '100000000', etag: '"x"' };
    const moving = await movingBucket({
      onShadow: () => async () => ({ status: 200, headers, body: source }),
      onTarget: (service) => async (request) =>
        request.method === 'PUT' ? { status: 412, headers: {} } : service(request),
    });
    const answer = await moving.client.open('GET', 'k');
    (answer.body as Readable).destroy();
    await moving.settled();
    expect(source.destroyed).toBe(true);
  });

  it('is served, and not copied, when the shadow does not announce its length', async () => {
    const onShadow: S3Filter = () => async () => ({
      status: 200,
      headers: { etag: '"x"' },
      body: Readable.from([Buffer.from('abc')]),
    });
    const moving = await movingBucket({ onShadow });
    expect(await moving.client.text('k')).toBe('abc');
    await moving.settled();
    expect(await moving.target.text('k')).toBeUndefined();
  });
});

describe('a read', () => {
  it('ends as it would although the state cannot take its token back', async () => {
    const moving = await movingBucket();
    moving.ledger.dropToken = () => Promise.reject(new KvUnavailable('gone'));
    expect(await moving.client.text('nowhere')).toBeUndefined();
  });

  it('by the sweep is awaited by a drain', async () => {
    const onShadow: S3Filter = (service) => async (request) => {
      if (request.operation === 'GetObject') await systemClock.sleep(30);
      return service(request);
    };
    const moving = await movingBucket({ onShadow });
    await moving.shadow.put('k', 'abc');
    void moving.bucket.migrate('k');
    await moving.settled();
    expect(await moving.target.text('k')).toBe('abc');
  });
});

const answeringObjects =
  (status: number): S3Filter =>
  (service) =>
  async (request) =>
    request.key === '' ? service(request) : { status, headers: {} };

describe('what is not a miss', () => {
  it.each([403, 429, 500, 503])(
    '%i of the target is the answer, and the shadow is not asked',
    async (status) => {
      const moving = await movingBucket({ onTarget: answeringObjects(status) });
      await moving.shadow.put('k', 'stale');
      expect((await moving.client.ask('GET', 'k')).status).toBe(status);
      expect((await moving.client.ask('HEAD', 'k')).status).toBe(status);
      expect(moving.asked.shadow).toEqual([]);
    },
  );

  it('a delete marker of the target is final', async () => {
    const moving = await movingBucket({ onTarget: answering(404, { 'x-amz-delete-marker': 'true' }) });
    await moving.shadow.put('k', 'stale');
    expect((await moving.client.ask('GET', 'k')).status).toBe(404);
    expect((await moving.client.ask('HEAD', 'k')).status).toBe(404);
    expect(await moving.bucket.migrate('k')).toEqual({ state: 'deleted' });
    expect(moving.asked.target.map(({ method }) => method)).not.toContain('PUT');
  });

  it('a delete marker of the target counts as no object for If-None-Match', async () => {
    const marker = { status: 404, headers: { 'x-amz-delete-marker': 'true' } };
    const onTarget: S3Filter = (service) => async (request) =>
      request.method === 'HEAD' ? marker : service(request);
    const moving = await movingBucket({ onTarget });
    await moving.shadow.put('k', 'stale');
    expect((await moving.client.put('k', 'new', { 'if-none-match': '*' })).status).toBe(200);
  });

  it.each([false, true])(
    'a delete marker of the shadow is no object, write-through: %s',
    async (writeThrough) => {
      const onShadow: S3Filter = (service) => async (request) => {
        const answer = await service(request);
        const isMissing = answer.status === 404;
        return isMissing
          ? { ...answer, headers: { ...answer.headers, 'x-amz-delete-marker': 'true' } }
          : answer;
      };
      const moving = await movingBucket({ onShadow, writeThrough });
      expect((await moving.client.ask('GET', 'k')).status).toBe(404);
      expect((await moving.client.ask('HEAD', 'k')).status).toBe(404);
      expect(await moving.bucket.migrate('k')).toEqual({ state: 'absent' });
      expect((await moving.client.put('k', 'new', { 'if-none-match': '*' })).status).toBe(200);
    },
  );

  it('a 404 to HEAD counts only on a bucket that exists', async () => {
    const moving = await movingBucket({ onTarget: answering(404) });
    await moving.shadow.put('k', 'stale');
    expect((await moving.client.ask('HEAD', 'k')).status).toBe(404);
    expect(moving.asked.shadow).toEqual([]);
  });

  it('a 404 to HEAD is no word on an object while the target does not tell whether it has the bucket', async () => {
    const onTarget: S3Filter = (service) => async (request) =>
      request.operation === 'HeadBucket' ? { status: 503, headers: {} } : service(request);
    const moving = await movingBucket({ onTarget });
    await moving.shadow.put('k', 'old');
    await expect(moving.client.ask('HEAD', 'k')).rejects.toMatchObject({ status: 503 });
  });
});

describe('a shadow that fails', () => {
  const failures: [string, S3Filter][] = [
    ['a 403', answering(403)],
    ['a 500', answering(500)],
    ['a missing bucket', answering(404)],
    ['no answer', () => () => Promise.reject(new BackendUnavailable('old', 'timeout', true))],
  ];

  it.each(failures)('by %s makes a miss 503 with Retry-After, never 404', async (_, onShadow) => {
    const { client } = await movingBucket({ onShadow });
    for (const method of ['GET', 'HEAD']) {
      const failure = await client.ask(method, 'k').catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(S3Error);
      expect(failure).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    }
  });

  it.each([
    ['shorter', 'abc', 10],
    ['longer', 'abcdefghijkl', 10],
  ])('with a body %s than announced serves no whole object and copies none', async (_, sent, announced) => {
    const onShadow: S3Filter = () => async (): Promise<S3Response> => ({
      status: 200,
      headers: { 'content-length': String(announced), etag: '"x"' },
      body: Readable.from([Buffer.from(sent)]),
    });
    const moving = await movingBucket({ onShadow });
    await expect(moving.client.ask('GET', 'k')).rejects.toThrow('announced');
    await moving.settled();
    expect(await moving.target.text('k')).toBeUndefined();
  });

  it('with bytes that are not those of its ETag copies nothing', async () => {
    const onShadow: S3Filter = () => async (): Promise<S3Response> => ({
      status: 200,
      headers: { 'content-length': '3', etag: '"900150983cd24fb0d6963f7d28e17f72"' },
      body: Readable.from([Buffer.from('abX')]),
    });
    const moving = await movingBucket({ onShadow });
    expect(await read(await moving.client.open('GET', 'k'))).toEqual(Buffer.from('abX'));
    await moving.settled();
    expect(await moving.target.text('k')).toBeUndefined();
  });
});

it('an object that neither has is NoSuchKey', async () => {
  const { client } = await movingBucket();
  const { status, text } = await client.ask('GET', 'nowhere');
  expect(status).toBe(404);
  expect(text).toContain('<Code>NoSuchKey</Code>');
  expect((await client.ask('HEAD', 'nowhere')).status).toBe(404);
});

it('an object that the target has is served without any look at the shadow or the state', async () => {
  const moving = await movingBucket();
  await moving.target.put('k', 'new');
  await moving.shadow.put('k', 'old');
  const { text, headers } = await moving.client.ask('GET', 'k');
  expect(text).toBe('new');
  expect(headers['x-penumbra-source']).toBe('target');
  expect(moving.asked.shadow).toEqual([]);
});

it('a copy that a write overtakes is abandoned', async () => {
  const conditionalWrites = { put: false, complete: false, match: false };
  let overtake: (() => Promise<unknown>) | undefined;
  const onShadow: S3Filter = (service) => async (request) => {
    const answer = await service(request);
    if (request.operation === 'GetObject') await overtake?.();
    return answer;
  };
  const moving = await movingBucket({ conditionalWrites, onShadow });
  await moving.shadow.put('k', 'old');
  overtake = () => moving.client.put('k', 'new');
  await moving.client.text('k');
  await moving.settled();
  expect(await moving.target.text('k')).toBe('new');
});

it('tags of an object that only the shadow has are answered after it was brought over', async () => {
  const moving = await movingBucket();
  await moving.shadow.put('k', 'abc', { 'x-amz-tagging': 'a=1' });
  const { status, text } = await moving.client.ask('GET', 'k', { query: 'tagging' });
  expect(status).toBe(200);
  expect(text).toContain('<Key>a</Key><Value>1</Value>');
  expect(await moving.target.text('k')).toBe('abc');
});

it('many copies at once raise no warning of a leak', async () => {
  const warnings: Error[] = [];
  const note = (warning: Error) => warnings.push(warning);
  process.on('warning', note);
  const moving = await movingBucket({ onShadow: heedingSignal });
  const keys = Array.from({ length: 20 }, (_, index) => `k${index}`);
  for (const key of keys) await moving.shadow.put(key, 'x');
  await Promise.all(keys.map((key) => moving.client.text(key)));
  await moving.settled();
  process.off('warning', note);
  expect(warnings).toEqual([]);
});

it('who waits for the copy of a read that met an error of the target is not told that the target has the object', async () => {
  let reads = 0;
  const moving = await movingBucket({
    writeThrough: true,
    onTarget: (service) => async (request) => {
      if (request.operation !== 'GetObject') return service(request);
      reads += 1;
      if (reads !== 2) return service(request);
      joined = moving.bucket.migrate('k');
      return { status: 503, headers: {} };
    },
  });
  let joined: ReturnType<typeof moving.bucket.migrate> | undefined;
  await moving.shadow.put('k', 'old');
  expect((await moving.client.ask('GET', 'k')).status).toBe(503);
  expect(await joined).toEqual({ state: 'failed', reason: 'the target answered 503' });
});
