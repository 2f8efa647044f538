import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Branch, pump, ReadersLeft, WithheldBranch, WrongLength } from '../../src/shadow/branch.js';

const chunksOf = (bytes: Uint8Array, size: number): Buffer[] => {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) chunks.push(Buffer.from(bytes.subarray(at, at + size)));
  return chunks;
};

/** Everything that a branch gives out as it stands, without waiting for its end. */
function drain(branch: Branch): Buffer {
  const parts: Buffer[] = [];
  for (let part = branch.read(); part !== null; part = branch.read()) parts.push(part);
  return Buffer.concat(parts);
}

describe('pump', () => {
  it('gives every reader the same bytes, however they are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 5_000 }),
        fc.integer({ min: 1, max: 700 }),
        async (bytes, size) => {
          const branches = [new Branch(), new Branch()];
          const read = branches.map((branch) => buffer(branch));
          await pump(Readable.from(chunksOf(bytes, size)), branches, {
            announced: bytes.length,
            need: 'all',
          });
          for (const copy of await Promise.all(read)) expect(copy.equals(bytes)).toBe(true);
        },
      ),
    );
  });

  it('goes on for the readers that stay when one leaves', async () => {
    const [leaving, staying] = [new Branch(), new Branch()];
    const read = buffer(staying);
    leaving.destroy();
    const source = Readable.from(chunksOf(Buffer.alloc(1_000_000, 'x'), 65_536));
    await pump(source, [leaving, staying], { announced: 1_000_000, need: 'one' });
    expect((await read).length).toBe(1_000_000);
  });

  it('gives lent memory back when every reader has, and not where one has left or taken it apart', async () => {
    const given: string[] = [];
    const lent = (chunks: string[]) =>
      Object.assign(Readable.from(chunks.map((text) => Buffer.from(text))), {
        giveBack: (chunk: Buffer) => given.push(chunk.toString()),
      });
    const [one, other] = [new Branch(), new Branch()];
    const [ofOne, ofOther] = [one, other].map((branch) => {
      const chunks: Buffer[] = [];
      branch.on('data', (chunk: Buffer) => chunks.push(chunk));
      return chunks;
    });
    await pump(lent(['abc', 'def']), [one, other], { announced: 6, need: 'all' });
    await Promise.all([one, other].map((branch) => finished(branch)));
    for (const chunk of ofOne ?? []) one.giveBack(chunk);
    expect(given).toEqual([]);
    for (const chunk of ofOther ?? []) other.giveBack(chunk);
    expect(given).toEqual(['abc', 'def']);

    const withheld = new WithheldBranch();
    withheld.on('data', (chunk: Buffer) => withheld.giveBack(chunk));
    await pump(lent(['ghi', 'jkl']), [withheld], { announced: 6, need: 'all' });
    withheld.release();
    await finished(withheld);
    expect(given).toEqual(['abc', 'def', 'ghi']);
  });

  it('stops when a reader that is needed leaves, and leaves the source to the caller', async () => {
    const [leaving, staying] = [new Branch(), new Branch()];
    staying.resume();
    leaving.destroy();
    const source = Readable.from(chunksOf(Buffer.alloc(100_000), 1_000));
    const pumped = pump(source, [leaving, staying], { announced: 100_000, need: 'all' });
    await expect(pumped).rejects.toBeInstanceOf(ReadersLeft);
    expect(source.destroyed).toBe(false);
  });

  it.each([
    ['shorter', 9],
    ['longer', 11],
  ])('does not end a body that is %s than announced', async (_, length) => {
    const branch = new Branch();
    let ended = false;
    branch.on('end', () => {
      ended = true;
    });
    branch.resume();
    const pumped = pump(Readable.from([Buffer.alloc(length)]), [branch], { announced: 10, need: 'one' });
    await expect(pumped).rejects.toBeInstanceOf(WrongLength);
    expect(ended).toBe(false);
  });

  it('waits for a slow reader instead of buffering the source', async () => {
    const branch = new Branch();
    let produced = 0;
    const source = Readable.from(
      (function* () {
        for (; produced < 1_000; produced += 1) yield Buffer.alloc(64 * 1024);
      })(),
    );
    const pumped = pump(source, [branch], { announced: 1_000 * 64 * 1024, need: 'one' });
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    expect(produced).toBeLessThan(100);
    branch.resume();
    await pumped;
    expect(produced).toBe(1_000);
  });
});

describe('a withheld branch', () => {
  it('gives out all but the last byte until it is released', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 3_000 }),
        fc.integer({ min: 1, max: 700 }),
        async (bytes, size) => {
          const branch = new WithheldBranch();
          await pump(Readable.from(chunksOf(bytes, size)), [branch], {
            announced: bytes.length,
            need: 'all',
          });
          const before = drain(branch);
          expect(before.equals(bytes.subarray(0, -1))).toBe(true);
          expect(branch.readableEnded).toBe(false);
          branch.release();
          expect((await buffer(branch)).equals(bytes.subarray(-1))).toBe(true);
        },
      ),
    );
  });

  it('never gives out its end once it is destroyed', async () => {
    const branch = new WithheldBranch();
    await pump(Readable.from([Buffer.from('abc')]), [branch], { announced: 3, need: 'all' });
    branch.destroy(new Error('superseded'));
    branch.release();
    await expect(buffer(branch)).rejects.toThrow('superseded');
  });
});
