import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeAll } from '../../../src/backends/filesystem/write-all.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'penumbra-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function* chunksOf(lengths: readonly number[]): AsyncGenerator<Buffer> {
  for (const [index, length] of lengths.entries()) yield Buffer.alloc(length, index + 1);
}

async function wholeOf(lengths: readonly number[]): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of chunksOf(lengths)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe('a file that is written from chunks', () => {
  it('has them all in their order, whatever their lengths', async () => {
    const path = join(folder, 'chunks');
    const lengths = fc.array(fc.oneof(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 600_000 })), {
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(lengths, async (given) => {
        const handle = await open(path, 'w');
        await writeAll(handle, chunksOf(given)).finally(() => handle.close());
        expect((await readFile(path)).equals(await wholeOf(given))).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('has all of them where the system takes fewer bytes than it is given', async () => {
    const taken: Buffer[] = [];
    const writev = async (buffers: readonly Buffer[]) => {
      const bytes = Buffer.concat(buffers).subarray(0, 100_003);
      taken.push(bytes);
      return { bytesWritten: bytes.length };
    };
    const lengths = [200_000, 0, 70_000, 300_001, 5];
    await writeAll({ writev }, chunksOf(lengths));
    expect(Buffer.concat(taken).equals(await wholeOf(lengths))).toBe(true);
  });

  it('fails as a write does, though chunks are still to come', async () => {
    const full = Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    const writev = () => Promise.reject(full);
    await expect(writeAll({ writev }, chunksOf(Array(9).fill(300_000)))).rejects.toBe(full);
  });

  it('fails as its source does, though a write is under way', async () => {
    const broken = new Error('the client has left');
    async function* source() {
      yield Buffer.alloc(300_000);
      throw broken;
    }
    const handle = await open(join(folder, 'broken'), 'w');
    await expect(writeAll(handle, source()).finally(() => handle.close())).rejects.toBe(broken);
  });
});
