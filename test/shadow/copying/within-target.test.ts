import { describe, expect, it } from 'vitest';
import { BackendUnavailable } from '../../../src/backends/backend.js';
import { createChecksum } from '../../../src/s3/checksums.js';
import type { HeaderFields, S3Filter, S3Request, S3Response } from '../../../src/s3/message.js';
import { type Moving, type MovingOptions, movingBucket } from '../moving.js';

const HONOURED = { put: true, complete: true, match: true, copy: true };
const IGNORED = { put: true, complete: false, match: false, copy: false };

const movingWithin = (options: MovingOptions = {}): Promise<Moving> =>
  movingBucket({
    conditionalWrites: HONOURED,
    inOneStore: { target: 'new', shadow: 'old' },
    ...options,
  });

/** As the sweep does that has found the key in a listing of the shadow alone. */
async function sweep({ bucket, shadow }: Moving, key = 'k') {
  const { headers } = await shadow.ask('HEAD', key);
  return bucket.migrate(key, {
    listed: { size: Number(headers['content-length']), etag: headers.etag ?? '' },
  });
}

const operations = (requests: readonly S3Request[]): string[] =>
  requests.filter(({ key }) => key !== '').map(({ operation }) => operation);

const asked = ({ asked: { shadow, target } }: Moving) => [operations(shadow), operations(target)];

const BY_ITSELF = [['HeadObject'], ['CopyObject']];

/** What becomes of CopyObject. */
const onCopy =
  (act: (copy: () => Promise<S3Response>, request: S3Request) => Promise<S3Response>): S3Filter =>
  (service) =>
  (request) =>
    request.operation === 'CopyObject' ? act(() => service(request), request) : service(request);

const refusal = (status: number, code: string): S3Response => ({
  status,
  headers: {},
  body: Buffer.from(`<Error><Code>${code}</Code><Message>no</Message></Error>`),
});

describe('a copy from one bucket of a store to another', () => {
  it('is made by the store, and none of its bytes passes the gateway', async () => {
    const moving = await movingWithin();
    const metadata = { 'content-type': 'image/jpeg', 'x-amz-meta-color': 'red', 'cache-control': 'no-store' };
    await moving.shadow.put('k ß', 'bytes', metadata);
    expect(await sweep(moving, 'k ß')).toEqual({ state: 'copied', bytes: 5 });
    expect(asked(moving)).toEqual(BY_ITSELF);
    const [copy, source] = [await moving.target.ask('GET', 'k ß'), await moving.shadow.ask('HEAD', 'k ß')];
    expect(copy.text).toBe('bytes');
    expect(copy.headers).toMatchObject({
      ...metadata,
      etag: source.headers.etag,
      'x-amz-meta-penumbra-source-etag': source.headers.etag,
    });
    expect(moving.losses).toEqual([]);
    expect((await moving.ledger.record('k ß')).copies).toEqual([]);
  });

  it('has the checksum of its source, as far as the store tells that it keeps it', async () => {
    const checksum = createChecksum('crc32');
    checksum.update(Buffer.from('bytes'));
    const crc32 = { 'x-amz-checksum-crc32': checksum.digest() };
    const moving = await movingWithin();
    await moving.shadow.put('k', 'bytes', crc32);
    expect(await sweep(moving)).toMatchObject({ state: 'copied' });
    expect(asked(moving)).toEqual(BY_ITSELF);
    const copy = await moving.target.ask('HEAD', 'k', { headers: { 'x-amz-checksum-mode': 'ENABLED' } });
    expect(copy.headers).toMatchObject(crc32);
    expect(moving.losses).toEqual([]);
  });

  it.each<[string, HeaderFields]>([
    ['tags', { 'x-amz-tagging': 'a=b' }],
    ['a storage class', { 'x-amz-storage-class': 'STANDARD_IA' }],
    ['a redirect', { 'x-amz-website-redirect-location': '/other' }],
  ])('with %s is made of its bytes, and keeps them', async (_, headers) => {
    const moving = await movingWithin();
    await moving.shadow.put('k', 'bytes', headers);
    expect(await sweep(moving)).toMatchObject({ state: 'copied' });
    expect(operations(moving.asked.target)).toEqual(['PutObject']);
    expect(moving.losses).toEqual([]);
  });

  it.each(['100%', 'a+b'])(
    'of %s is made of its bytes: not every store reads that name as it is',
    async (key) => {
      const moving = await movingWithin();
      await moving.shadow.put(key, 'bytes');
      expect(await sweep(moving, key)).toMatchObject({ state: 'copied' });
      expect(operations(moving.asked.target)).toEqual(['PutObject']);
    },
  );

  it('is made of its bytes where the target would replace what clients write meanwhile', async () => {
    const moving = await movingWithin({ conditionalWrites: { ...HONOURED, copy: false } });
    await moving.shadow.put('k', 'bytes');
    expect(await sweep(moving)).toMatchObject({ state: 'copied' });
    expect(asked(moving)).toEqual([['GetObject'], ['PutObject']]);
  });

  it('is made by the store where all writers announce themselves, after a last look', async () => {
    const moving = await movingWithin({ conditionalWrites: IGNORED, rung: 'exclusive' });
    await moving.shadow.put('k', 'bytes');
    expect(await sweep(moving)).toMatchObject({ state: 'copied' });
    expect(asked(moving)).toEqual([['HeadObject'], ['HeadObject', 'CopyObject']]);
    expect(await moving.target.text('k')).toBe('bytes');
  });

  it('is made of its bytes, and so are all later ones, once the store has refused to', async () => {
    const moving = await movingWithin({
      onTarget: onCopy(async () => refusal(403, 'AccessDenied')),
    });
    for (const key of ['k', 'l']) {
      await moving.shadow.put(key, 'bytes');
      expect(await sweep(moving, key)).toMatchObject({ state: 'copied' });
      expect(await moving.target.text(key)).toBe('bytes');
    }
    expect(operations(moving.asked.target)).toEqual(['CopyObject', 'PutObject', 'PutObject']);
  });
});

describe('a copy that a store makes by itself', () => {
  it('leaves what a client wrote meanwhile', async () => {
    const moving: Moving = await movingWithin({
      onTarget: onCopy(async (copy) => {
        await moving.target.put('k', 'new');
        return copy();
      }),
    });
    await moving.shadow.put('k', 'bytes');
    expect(await sweep(moving)).toEqual({ state: 'present' });
    expect(await moving.client.text('k')).toBe('new');
  });

  it('is not begun once a client has deleted the key', async () => {
    const moving: Moving = await movingWithin({
      onShadow: (service) => async (request) => {
        const answer = await service(request);
        if (request.operation === 'HeadObject' && moving) await moving.client.ask('DELETE', 'k');
        return answer;
      },
      delete: 'target',
    });
    await moving.shadow.put('k', 'bytes');
    expect(await sweep(moving)).toEqual({ state: 'superseded' });
    expect(operations(moving.asked.target)).not.toContain('CopyObject');
    expect(await moving.client.text('k')).toBeUndefined();
  });

  it('is not made of another object than the one whose metadata it is given', async () => {
    const moving: Moving = await movingWithin({
      onTarget: onCopy(async (copy) => {
        await moving.shadow.put('k', 'changed');
        return copy();
      }),
    });
    await moving.shadow.put('k', 'bytes');
    expect(await sweep(moving)).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('source changed'),
    });
    expect(await moving.target.text('k')).toBeUndefined();
  });

  it.each([HONOURED, IGNORED])('is removed where its bytes are others: %o', async (conditionalWrites) => {
    const ignoring = ({ headers, ...request }: S3Request): S3Request => {
      const { 'x-amz-copy-source-if-match': _, ...others } = headers;
      return { ...request, headers: others };
    };
    const moving: Moving = await movingWithin({
      conditionalWrites,
      rung: conditionalWrites.copy ? 'read-through' : 'exclusive',
      onTarget: (service) => async (request) => {
        if (request.operation !== 'CopyObject') return service(request);
        await moving.shadow.put('k', 'changed');
        return service(ignoring(request));
      },
    });
    await moving.shadow.put('k', 'bytes');
    expect(await sweep(moving)).toMatchObject({ state: 'failed', reason: expect.stringContaining('made') });
    expect(await moving.target.text('k')).toBeUndefined();
    expect((await moving.ledger.record('k')).copies).toEqual([]);
    expect(await moving.client.text('k')).toBe('changed');
  });

  it('that was not answered holds writers up until it can apply no more', async () => {
    const moving = await movingWithin({
      onTarget: onCopy(() => Promise.reject(new BackendUnavailable('target', 'timeout', true))),
    });
    await moving.shadow.put('k', 'bytes');
    expect(await sweep(moving)).toMatchObject({ state: 'failed' });
    expect((await moving.ledger.record('k')).copies).toMatchObject([{ state: 'committing' }]);
    await expect(moving.client.ask('DELETE', 'k')).rejects.toMatchObject({ code: 'SlowDown' });
    moving.pass(5_001);
    expect((await moving.client.ask('DELETE', 'k')).status).toBe(204);
  });
});
