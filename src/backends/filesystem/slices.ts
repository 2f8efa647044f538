import type { ByteRange } from '../../s3/ranges.js';
import type { Segment } from '../store/persistence.js';
import type { Slice } from './content-stream.js';

/** Where the bytes of a range are, in their order; empty segments and those outside are left out. */
export function slicesOf(segments: readonly Segment[], { start, end }: ByteRange): Slice[] {
  const slices: Slice[] = [];
  let offset = 0;
  for (const segment of segments) {
    const first = Math.max(start - offset, 0);
    const last = Math.min(end - offset, segment.size - 1);
    if (first <= last) slices.push(sliceOf(segment, first, last));
    offset += segment.size;
  }
  return slices;
}

function sliceOf(segment: Segment, start: number, end: number): Slice {
  if ('file' in segment) return { file: segment.file, start, end };
  return { bytes: segment.bytes.subarray(start, end + 1) };
}

/** The bytes of slices that are all in the index; undefined when one is in a file. */
export function indexedBytes(slices: readonly Slice[]): Buffer | undefined {
  const buffers: Buffer[] = [];
  for (const slice of slices) {
    if ('file' in slice) return undefined;
    buffers.push(slice.bytes);
  }
  return buffers.length === 1 ? buffers[0] : Buffer.concat(buffers);
}
