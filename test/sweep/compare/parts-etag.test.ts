import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compositeETag } from '../../../src/shadow/copying/part-layout.js';
import { PartsETag } from '../../../src/sweep/compare/parts-etag.js';

const md5 = (bytes: Buffer) => createHash('md5').update(bytes).digest('hex');

it('the ETag of parts is the same however the bytes come', () => {
  const part = fc.uint8Array({ maxLength: 20 });
  fc.assert(
    fc.property(
      fc.array(part, { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 9 }),
      (parts, step) => {
        const bytes = Buffer.concat(parts);
        const hash = new PartsETag(parts.map(({ length }) => length));
        for (let at = 0; at < bytes.length; at += step) hash.update(bytes.subarray(at, at + step));
        expect(hash.etag()).toBe(compositeETag(parts.map((each) => md5(Buffer.from(each)))));
      },
    ),
  );
});

it('bytes beyond the last part change it', () => {
  const [whole, longer] = [new PartsETag([2, 2]), new PartsETag([2, 2])];
  whole.update(Buffer.from('abcd'));
  longer.update(Buffer.from('abcde'));
  expect(longer.etag()).not.toBe(whole.etag());
});
