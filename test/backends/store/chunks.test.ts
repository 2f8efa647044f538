import { createHash } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { collect } from '../../../src/backends/store/chunks.js';

const body = (...pieces: string[]) =>
  Readable.from(
    pieces.map((piece) => Buffer.from(piece)),
    { objectMode: false },
  );

describe('a small body', () => {
  it.each([
    ['in pieces', () => body('one ', 'two ', 'three'), 'one two three'],
    ['in one piece', () => body('one'), 'one'],
    ['that is at hand', () => Buffer.from('one'), 'one'],
    ['of no bytes', () => body(), ''],
  ])('is collected whole, and its digest is of all its bytes: %s', async (_, open, text) => {
    const digest = createHash('md5');
    expect((await collect(open(), text.length, digest)).toString()).toBe(text);
    expect(digest.digest('hex')).toBe(createHash('md5').update(text).digest('hex'));
  });

  it.each([2, 4])('is refused when it is said to have %d bytes, and has 3', async (size) => {
    for (const open of [() => body('on', 'e'), () => Buffer.from('one')])
      await expect(collect(open(), size)).rejects.toMatchObject({ code: 'IncompleteBody' });
  });

  it('is read no further once it is too long', async () => {
    let pieces = 0;
    const endless = new Readable({
      read() {
        pieces += 1;
        this.push(Buffer.alloc(10));
      },
    });
    await expect(collect(endless, 100)).rejects.toMatchObject({ code: 'IncompleteBody' });
    expect(endless.destroyed).toBe(true);
    expect(pieces).toBeLessThan(100);
  });

  it('fails with the error of its source, and when that breaks off', async () => {
    const failing = new PassThrough();
    const failure = collect(failing, 3);
    failing.destroy(new Error('of the source'));
    await expect(failure).rejects.toThrow('of the source');
    const breaking = new PassThrough();
    const breach = collect(breaking, 3);
    breaking.destroy();
    await expect(breach).rejects.toThrow();
  });
});
