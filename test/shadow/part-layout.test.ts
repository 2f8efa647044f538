import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { S3Request, S3Response } from '../../src/s3/message.js';
import { compositeETag, findLayout, likelyPartSize, partCount } from '../../src/shadow/part-layout.js';

const MIB = 1024 * 1024;
const signal = new AbortController().signal;
const object = (size: number, etag: string) => ({ key: 'k', size, etag, headers: {} });
const etagOf = (parts: number) => `"${'0'.repeat(32)}-${parts}"`;

const storeThatSays =
  (headers: Record<string, string>, status = 206) =>
  async (request: S3Request): Promise<S3Response> => {
    expect(request).toMatchObject({ operation: 'HeadObject', method: 'HEAD', query: [['partNumber', '1']] });
    return { status, headers };
  };

describe('the layout of a multipart object', () => {
  it('is told by the ETag: a number of parts, or one PUT', () => {
    expect(partCount(object(1, etagOf(17)))).toBe(17);
    expect(partCount(object(1, `"${'a'.repeat(32)}"`))).toBeUndefined();
  });

  it('is what the source says of its first part', async () => {
    const shadow = storeThatSays({ 'content-length': String(7 * MIB), 'x-amz-mp-parts-count': '3' });
    const layout = await findLayout({ shadow }, object(20 * MIB, etagOf(3)), signal);
    expect(layout).toEqual({ partSize: 7 * MIB, reported: true });
  });

  it('is inferred from the usual sizes where the source does not know of part numbers', async () => {
    const shadow = storeThatSays({ 'content-length': String(20 * MIB) }, 200);
    const layout = await findLayout({ shadow }, object(20 * MIB, etagOf(3)), signal);
    expect(layout).toEqual({ partSize: 8 * MIB, reported: false });
  });

  it('gives as many parts as the source has, each of at least 5 MiB', () => {
    const parts = fc.integer({ min: 2, max: 50 });
    const partSize = fc.integer({ min: 5, max: 700 });
    fc.assert(
      fc.property(parts, partSize, (count, size) => {
        const total = (count - 1) * size * MIB + MIB;
        const likely = likelyPartSize(total, count);
        expect(likely).toBeGreaterThanOrEqual(5 * MIB);
        expect(Math.ceil(total / likely)).toBeLessThanOrEqual(count);
      }),
    );
  });

  it('makes the ETag that S3 makes of the parts', () => {
    const md5 = (text: string) => createHash('md5').update(text).digest();
    const whole = createHash('md5').update(Buffer.concat([md5('one'), md5('two')]));
    const etags = ['one', 'two'].map((text) => `"${md5(text).toString('hex')}"`);
    expect(compositeETag(etags)).toBe(`"${whole.digest('hex')}-2"`);
  });
});
