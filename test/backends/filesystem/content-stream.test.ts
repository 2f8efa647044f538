import { randomBytes } from 'node:crypto';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ContentStream } from '../../../src/backends/filesystem/content-stream.js';

const bytes = randomBytes(2_000_003);
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'penumbra-test-'));
  await writeFile(join(folder, 'file'), bytes);
});
afterAll(() => rm(folder, { recursive: true }));

const contentOf = () =>
  new ContentStream({
    slices: [{ file: 'file', start: 0, end: bytes.length - 1 }],
    open: (file) => open(join(folder, file)),
    release: async () => undefined,
  });

describe('the content of a file', () => {
  it('is read whole, into memory that was given back', async () => {
    const content = contentOf();
    const memory = new Set<ArrayBufferLike>();
    const seen: Buffer[] = [];
    for await (const chunk of content as AsyncIterable<Buffer>) {
      seen.push(Buffer.from(chunk));
      memory.add(chunk.buffer);
      content.giveBack(chunk);
      content.giveBack(chunk);
    }
    expect(Buffer.concat(seen).equals(bytes)).toBe(true);
    expect(memory.size).toBeLessThan(seen.length);
  });

  it('stays as it is for whoever gives nothing back, while others read', async () => {
    const kept: Buffer[] = [];
    const other = contentOf();
    const chunksOfOther: AsyncIterator<Buffer> = other[Symbol.asyncIterator]();
    for await (const chunk of contentOf() as AsyncIterable<Buffer>) {
      kept.push(chunk);
      const { value } = await chunksOfOther.next();
      if (value) other.giveBack(value);
    }
    other.destroy();
    expect(Buffer.concat(kept).equals(bytes)).toBe(true);
  });
});
