import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { S3Request, S3Response } from '../../../src/s3/message.js';
import { KnownLayouts } from '../../../src/shadow/copying/known-layouts.js';
import { PartHashes } from '../../../src/shadow/copying/part-hashes.js';
import {
  candidates,
  compositeETag,
  evenParts,
  findLayout,
  partCount,
} from '../../../src/shadow/copying/part-layout.js';

const MIB = 1024 * 1024;
const signal = new AbortController().signal;
const object = (size: number, etag: string) => ({ key: 'k', size, etag, headers: {} });
const etagOf = (parts: number) => `"${'0'.repeat(32)}-${parts}"`;

const layouts = () => new KnownLayouts();

/** A store that says of each part what `answer` does, or of all objects the same. */
const storeThatSays =
  (answer: (part: number) => Record<string, string>) =>
  async ({ operation, method, query }: S3Request): Promise<S3Response> => {
    expect({ operation, method }).toEqual({ operation: 'HeadObject', method: 'HEAD' });
    return { status: 206, headers: answer(Number(query[0]?.[1])) };
  };

describe('the layout of a multipart object', () => {
  it('is told by the ETag: a number of parts, or one PUT', () => {
    expect(partCount(object(1, etagOf(17)))).toBe(17);
    expect(partCount(object(1, `"${'a'.repeat(32)}"`))).toBeUndefined();
  });

  it('is what the source says of its first part', async () => {
    const etag = etagOf(3);
    const said = { etag, 'content-length': String(7 * MIB), 'x-amz-mp-parts-count': '3' };
    const found = await findLayout(
      { shadow: storeThatSays(() => said), layouts: layouts() },
      object(20 * MIB, etag),
      signal,
    );
    expect(found).toMatchObject({ partSizes: [7 * MIB, 7 * MIB, 6 * MIB], known: 'first-told' });
  });

  it('is what the source says of all its parts, where no even one begins with the first', async () => {
    const etag = etagOf(3);
    const sizes = [5 * MIB, 10 * MIB, 10 * MIB];
    const shadow = storeThatSays((part) => ({
      etag,
      'content-length': String(sizes[part - 1]),
      'x-amz-mp-parts-count': '3',
    }));
    const found = await findLayout({ shadow, layouts: layouts() }, object(25 * MIB, etag), signal);
    expect(found).toMatchObject({ partSizes: sizes, known: 'told' });
  });

  it('is guessed, of all that fit, where the source does not know of part numbers', async () => {
    const shadow = storeThatSays(() => ({ 'content-length': String(20 * MIB) }));
    const found = await findLayout({ shadow, layouts: layouts() }, object(20 * MIB, etagOf(3)), signal);
    expect(found).toMatchObject({ partSizes: [8 * MIB, 8 * MIB, 4 * MIB], known: 'guessed' });
    expect(found.others).toEqual([10_000_000, 7 * MIB, Math.ceil((20 * MIB) / 3)]);
  });

  it('is guessed to be that of the objects before', async () => {
    const shadow = storeThatSays(() => ({}));
    const known = layouts();
    known.favour([9 * MIB, 9 * MIB, 1]);
    const found = await findLayout({ shadow, layouts: known }, object(20 * MIB, etagOf(3)), signal);
    expect(found.partSizes[0]).toBe(9 * MIB);
    expect(found.others).toContain(8 * MIB);
  });

  it('is looked for among few, all of which give as many parts as the source has', () => {
    const parts = fc.integer({ min: 1, max: 50 });
    const partSize = fc.integer({ min: 5, max: 700 });
    fc.assert(
      fc.property(parts, partSize, fc.integer({ min: 1, max: 5 * MIB }), (count, size, last) => {
        const total = (count - 1) * size * MIB + last;
        const found = candidates(total, count);
        expect(found.length).toBeGreaterThan(0);
        expect(found.length).toBeLessThanOrEqual(8);
        for (const each of found) {
          const sizes = evenParts(total, each);
          expect(sizes).toHaveLength(count);
          expect(sizes.reduce((sum, part) => sum + part, 0)).toBe(total);
        }
      }),
    );
  });

  it('is hashed as the bytes pass, however they come', () => {
    const md5 = (bytes: Buffer) => createHash('md5').update(bytes).digest();
    const chunk = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.array(chunk, { minLength: 1 }), fc.integer({ min: 1, max: 60 }), (chunks, partSize) => {
        const hashes = new PartHashes(partSize);
        for (const each of chunks) hashes.update(each);
        const all = Buffer.concat(chunks);
        const parts: Buffer[] = [];
        for (let at = 0; at < all.length; at += partSize) parts.push(md5(all.subarray(at, at + partSize)));
        expect(hashes.etag()).toBe(compositeETag(parts.map((part) => part.toString('hex'))));
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
