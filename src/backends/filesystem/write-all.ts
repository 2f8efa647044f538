/** Several reads of a socket: what a write costs beside its bytes is paid once for them. */
const BATCH_BYTES = 256 * 1024;

/** Of a FileHandle. */
interface Handle {
  writev(buffers: readonly Buffer[]): Promise<{ readonly bytesWritten: number }>;
}

/** Writes chunks one after another where the file ends, while the next ones come. Rejects as they do, or as a write does. */
export async function writeAll(handle: Handle, chunks: AsyncIterable<Buffer>): Promise<void> {
  let writing = Promise.resolve();
  for await (const batch of batchesOf(chunks)) {
    await writing;
    writing = writeBatch(handle, batch);
    // It is waited for later, or never where the next chunk fails.
    writing.catch(() => undefined);
  }
  await writing;
}

async function* batchesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer[]> {
  let batch: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    batch.push(chunk);
    bytes += chunk.length;
    if (bytes < BATCH_BYTES) continue;
    yield batch;
    batch = [];
    bytes = 0;
  }
  if (bytes > 0) yield batch;
}

async function writeBatch(handle: Handle, batch: readonly Buffer[]): Promise<void> {
  for (let left = batch; left.length > 0; ) {
    const { bytesWritten } = await handle.writev(left);
    left = withoutFirst(left, bytesWritten);
  }
}

function withoutFirst(buffers: readonly Buffer[], bytes: number): Buffer[] {
  let written = bytes;
  return buffers.flatMap((buffer) => {
    const start = Math.min(written, buffer.length);
    written -= start;
    return start < buffer.length ? [buffer.subarray(start)] : [];
  });
}
