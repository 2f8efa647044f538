import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Slicer } from '../../../src/shadow/copying/slicer.js';

describe('a slicer', () => {
  it('cuts a stream at the given lengths, whatever its chunks are', async () => {
    const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(chunks, fc.integer({ min: 1, max: 90 }), async (parts, length) => {
        const whole = Buffer.concat(parts);
        const slicer = new Slicer(Readable.from(parts.map((part) => Buffer.from(part))));
        for (let at = 0; at < whole.length; at += length) {
          const slice = await buffer(slicer.next(length));
          expect(slice.equals(whole.subarray(at, at + length))).toBe(true);
        }
        expect((await buffer(slicer.next(length))).length).toBe(0);
      }),
    );
  });

  it('fails a slice whose source fails', async () => {
    const source = Readable.from(
      (function* () {
        yield Buffer.from('abc');
        throw new Error('connection lost');
      })(),
    );
    const slicer = new Slicer(source);
    expect((await buffer(slicer.next(2))).toString()).toBe('ab');
    await expect(buffer(slicer.next(5))).rejects.toThrow('connection lost');
  });
});
