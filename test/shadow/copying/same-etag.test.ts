import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createChecksum } from '../../../src/s3/checksums.js';
import type { HeaderFields, S3Filter, S3Service } from '../../../src/s3/message.js';
import { type Moving, type MovingOptions, movingBucket } from '../moving.js';
import { Uploading } from '../uploading.js';

const MIB = 1024 * 1024;

/** Of a source that knows of no parts: part numbers are ignored, as Ceph RGW does. */
const withoutParts: S3Filter = (service) => (request) =>
  service({ ...request, query: request.query.filter(([name]) => name !== 'partNumber') });

const bytes = (size: number, seed: string): string =>
  seed.repeat(Math.ceil(size / seed.length)).slice(0, size);

async function upload(moving: Moving, key: string, sizes: readonly number[]): Promise<string> {
  const uploading = await Uploading.begin(moving.shadow, key);
  for (const [index, size] of sizes.entries()) await uploading.part(index + 1, bytes(size, `${index}${key}`));
  await uploading.complete();
  return (await moving.shadow.ask('HEAD', key)).headers.etag ?? '';
}

const uploadsOf = ({ asked }: Moving, key: string) =>
  asked.target.filter((request) => request.operation === 'CreateMultipartUpload' && request.key === key);

async function expectSame(moving: Moving, key: string, etag: string): Promise<void> {
  const [copy, source] = [await moving.target.ask('GET', key), await moving.shadow.ask('GET', key)];
  expect(copy.headers.etag).toBe(etag);
  expect(copy.body.equals(source.body)).toBe(true);
  expect((await moving.ledger.record(key)).copies).toEqual([]);
  const { text } = await moving.target.ask('GET', '', { query: 'uploads' });
  expect(text).not.toContain('<Upload>');
}

describe('a source that was uploaded in parts', () => {
  it('has its parts, and so its ETag, where they are told and differ in size', async () => {
    const moving = await movingBucket();
    const etag = await upload(moving, 'k', [5 * MIB, 6 * MIB, 1]);
    expect(await moving.bucket.migrate('k')).toMatchObject({ state: 'copied' });
    await expectSame(moving, 'k', etag);
    expect(moving.losses).toEqual([]);
  });

  it('has its ETag where the parts are not told: found in the first pass, used in the second', async () => {
    const moving = await movingBucket({ onShadow: withoutParts });
    const etag = await upload(moving, 'a', [8 * MIB, 1]);
    expect(await moving.bucket.migrate('a')).toMatchObject({ state: 'copied' });
    await expectSame(moving, 'a', etag);
    expect(uploadsOf(moving, 'a')).toHaveLength(2);
    const next = await upload(moving, 'b', [8 * MIB, 1]);
    await moving.bucket.migrate('b');
    await expectSame(moving, 'b', next);
    expect(uploadsOf(moving, 'b')).toHaveLength(1);
  });

  it.each([
    ['told', (service: S3Service) => service],
    ['not told', withoutParts],
  ])('has its ETag where its only part is empty, and %s', async (_, onShadow) => {
    const moving = await movingBucket({ onShadow });
    const etag = await upload(moving, 'k', [0]);
    expect(etag).toMatch(/-1"$/);
    expect(await moving.bucket.migrate('k')).toMatchObject({ state: 'copied' });
    await expectSame(moving, 'k', etag);
  });

  it('is found while a client reads along, who has the bytes of the first pass', async () => {
    const moving = await movingBucket({ onShadow: withoutParts });
    const etag = await upload(moving, 'k', [8 * MIB, 1]);
    const answer = await moving.client.ask('GET', 'k');
    await moving.settled();
    expect(answer.headers.etag).toBe(etag);
    expect(answer.body).toHaveLength(8 * MIB + 1);
    await expectSame(moving, 'k', etag);
  });

  it('is copied all the same where its parts cannot be found, which is told', async () => {
    const moving = await movingBucket({ onShadow: withoutParts });
    await upload(moving, 'k', [6 * MIB, 5 * MIB, 7 * MIB]);
    expect(await moving.bucket.migrate('k')).toMatchObject({ state: 'copied' });
    expect((await moving.target.ask('GET', 'k')).body).toHaveLength(18 * MIB);
    expect(moving.losses).toMatchObject([{ key: 'k', what: 'etag' }]);
  });

  it('is copied by one PUT onto a target that cannot be kept from overwriting, which is told', async () => {
    const moving = await movingBucket({ conditionalWrites: { put: true, complete: false, match: false } });
    await upload(moving, 'k', [5 * MIB, 1]);
    expect(await moving.bucket.migrate('k')).toMatchObject({ state: 'copied' });
    expect(uploadsOf(moving, 'k')).toEqual([]);
    expect(moving.losses).toMatchObject([{ what: 'etag', reason: expect.stringContaining('If-None-Match') }]);
  });

  it('is copied although the bytes of its ETag are encrypted, which is told', async () => {
    const kms = { 'x-amz-server-side-encryption': 'aws:kms' };
    const onTarget: S3Filter = (service) => async (request) => {
      const answer = await service(request);
      return request.operation === 'CreateMultipartUpload'
        ? { ...answer, headers: { ...answer.headers, ...kms } }
        : answer;
    };
    const moving = await movingBucket({ onTarget });
    await upload(moving, 'k', [5 * MIB, 1]);
    expect(await moving.bucket.migrate('k')).toMatchObject({ state: 'copied' });
    expect(moving.losses).toMatchObject([{ what: 'etag' }]);
  });

  it('is not copied when the bytes are not those of its parts', async () => {
    const onShadow: S3Filter = (service) => async (request) => {
      const answer = await service(request);
      const etag = `"${'0'.repeat(32)}-2"`;
      return 'etag' in answer.headers ? { ...answer, headers: { ...answer.headers, etag } } : answer;
    };
    const moving = await movingBucket({ onShadow });
    await upload(moving, 'k', [5 * MIB, 1]);
    expect(await moving.bucket.migrate('k')).toMatchObject({ state: 'failed' });
    expect(await moving.target.text('k')).toBeUndefined();
  });
});

describe('the checksum of a source that was uploaded in parts', () => {
  const sha256 = (text: string) => createHash('sha256').update(text).digest('base64');

  async function uploadChecked(announced: HeaderFields, options: MovingOptions = {}): Promise<Moving> {
    const moving = await movingBucket(options);
    const uploading = await Uploading.begin(moving.shadow, 'k', announced);
    for (const [index, text] of [bytes(5 * MIB, 'ab'), 'c'].entries())
      await uploading.part(index + 1, text, { 'x-amz-checksum-sha256': sha256(text) });
    await uploading.complete();
    await moving.bucket.migrate('k');
    return moving;
  }

  const checksumOf = async (client: Moving['target']) => {
    const { headers } = await client.ask('HEAD', 'k', { headers: { 'x-amz-checksum-mode': 'ENABLED' } });
    return [headers['x-amz-checksum-sha256'], headers['x-amz-checksum-type']];
  };

  it('is kept with the parts', async () => {
    const moving = await uploadChecked({ 'x-amz-checksum-algorithm': 'SHA256' });
    const kept = await checksumOf(moving.shadow);
    expect(kept).toEqual([expect.stringMatching(/-2$/), 'COMPOSITE']);
    expect(await checksumOf(moving.target)).toEqual(kept);
    expect(moving.losses).toEqual([]);
  });

  it('is lost where the target keeps none of parts, which is told', async () => {
    const onTarget: S3Filter = (service) => (request) => {
      const { 'x-amz-checksum-algorithm': _, ...headers } = request.headers;
      return service({ ...request, headers });
    };
    const moving = await uploadChecked({ 'x-amz-checksum-algorithm': 'SHA256' }, { onTarget });
    expect(await checksumOf(moving.target)).toEqual([undefined, undefined]);
    expect(moving.losses).toMatchObject([{ what: 'checksum' }]);
  });

  it('is lost with the parts, which is told', async () => {
    const conditionalWrites = { put: true, complete: false, match: false };
    const moving = await uploadChecked({ 'x-amz-checksum-algorithm': 'SHA256' }, { conditionalWrites });
    expect(moving.losses.map(({ what }) => what).sort()).toEqual(['checksum', 'etag']);
  });
});

describe('the checksum of all the bytes of an upload', () => {
  it('is kept, and checked by the target', async () => {
    const moving = await movingBucket();
    const announced = { 'x-amz-checksum-algorithm': 'CRC32', 'x-amz-checksum-type': 'FULL_OBJECT' };
    const uploading = await Uploading.begin(moving.shadow, 'k', announced);
    await uploading.part(1, bytes(5 * MIB, 'ab'), { 'x-amz-checksum-crc32': crc32(bytes(5 * MIB, 'ab')) });
    await uploading.part(2, 'c', { 'x-amz-checksum-crc32': crc32('c') });
    await uploading.complete();
    expect(await moving.bucket.migrate('k')).toMatchObject({ state: 'copied' });
    const asking = { headers: { 'x-amz-checksum-mode': 'ENABLED' } };
    const [copy, source] = [
      await moving.target.ask('HEAD', 'k', asking),
      await moving.shadow.ask('HEAD', 'k', asking),
    ];
    expect(copy.headers['x-amz-checksum-crc32']).toBe(source.headers['x-amz-checksum-crc32']);
    expect(copy.headers['x-amz-checksum-type']).toBe('FULL_OBJECT');
    const complete = moving.asked.target.find(({ operation }) => operation === 'CompleteMultipartUpload');
    expect(complete?.headers['x-amz-checksum-crc32']).toBe(source.headers['x-amz-checksum-crc32']);
  });
});

function crc32(text: string): string {
  const checksum = createChecksum('crc32');
  checksum.update(Buffer.from(text));
  return checksum.digest();
}
