import { expect, it } from 'vitest';
import { LARGEST_READ, ReadBuffers } from '../../../../src/backends/remote/http1/read-buffers.js';

const FIRST = 64 * 1024;
/** One read that brought so many bytes. */
const readOf = (buffers: ReadBuffers, length: number) => buffers.lend(buffers.take(), length);

it('memory is used again after it was given back, and not before', () => {
  const buffers = new ReadBuffers();
  const chunk = readOf(buffers, 100);
  const other = readOf(buffers, 100);
  expect(other.buffer).not.toBe(chunk.buffer);
  buffers.giveBackWhole(chunk);
  expect(buffers.take().buffer).toBe(chunk.buffer);
  expect(buffers.take().buffer).not.toBe(chunk.buffer);
});

it('a part of a read is not taken for all of it', () => {
  const buffers = new ReadBuffers();
  const chunk = readOf(buffers, 100);
  for (const part of [chunk.subarray(0, 99), chunk.subarray(1), Buffer.from(chunk)])
    buffers.giveBackWhole(part);
  expect(buffers.take().buffer).not.toBe(chunk.buffer);
});

it.each(['giveBack', 'giveBackWhole'] as const)('what is given back twice by %s is lent once', (how) => {
  const buffers = new ReadBuffers();
  const chunk = readOf(buffers, 100);
  buffers[how](chunk);
  buffers[how](chunk);
  expect(buffers.take().buffer).toBe(chunk.buffer);
  expect(buffers.take().buffer).not.toBe(chunk.buffer);
});

it('memory that came from elsewhere is not kept', () => {
  const buffers = new ReadBuffers();
  const foreign = Buffer.allocUnsafeSlow(FIRST);
  buffers.giveBack(foreign);
  buffers.giveBackWhole(foreign);
  expect(buffers.take().buffer).not.toBe(foreign.buffer);
});

it('who fills a buffer and gives it back is given a larger one, and that one again', () => {
  const buffers = new ReadBuffers();
  buffers.giveBackWhole(readOf(buffers, FIRST));
  const large = buffers.take();
  expect(large).toHaveLength(LARGEST_READ);
  buffers.giveBackWhole(buffers.lend(large, 10));
  expect(buffers.take().buffer).toBe(large.buffer);
});

it('no more than some are kept', () => {
  const buffers = new ReadBuffers();
  const chunks = Array.from({ length: 100 }, () => readOf(buffers, 10));
  for (const chunk of chunks) buffers.giveBackWhole(chunk);
  const known = new Set(chunks.map(({ buffer }) => buffer));
  const again = Array.from({ length: 100 }, () => buffers.take()).filter(({ buffer }) => known.has(buffer));
  expect(again).toHaveLength(64);
});
