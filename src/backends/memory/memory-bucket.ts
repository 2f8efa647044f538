import { randomUUID } from 'node:crypto';
import { S3Error } from '../../s3/errors.js';
import { collect } from '../store/chunks.js';
import type { BucketPersistence, Contents } from '../store/persistence.js';
import type { ObjectRecord, PartRecord, UploadRecord } from '../store/records.js';
import { SortedTable } from './sorted-table.js';

export class MemoryBucket implements BucketPersistence {
  readonly objects = new SortedTable<ObjectRecord>();
  readonly uploads = new SortedTable<UploadRecord>();
  readonly parts = new SortedTable<PartRecord>();
  readonly contents = memoryContents();
  #removed = false;

  async transact<T>(change: () => T): Promise<T> {
    if (this.#removed) throw new S3Error('NoSuchBucket');
    return change();
  }

  /** From now on every write is refused. Throws BucketNotEmpty. */
  remove(): void {
    if (this.objects.size > 0) throw new S3Error('BucketNotEmpty');
    this.#removed = true;
  }
}

/** A content is the buffers of its parts. */
function memoryContents(): Contents {
  const contents = new Map<string, readonly Buffer[]>();
  const keep = (parts: readonly Buffer[]): string => {
    const content = randomUUID();
    contents.set(content, parts);
    return content;
  };
  return {
    async write(body, size, digest) {
      return { size, bytes: await collect(body, size, digest) };
    },
    discard: async () => undefined,
    adopt: (written) => keep('bytes' in written ? [written.bytes] : []),
    join(parts) {
      const buffers = parts.flatMap((part) => contents.get(part) ?? []);
      for (const part of parts) contents.delete(part);
      return keep(buffers);
    },
    release: (content) => void contents.delete(content),
    partSizes: (content) => contents.get(content)?.map(({ length }) => length) ?? [],
    async read(content, { start, end }) {
      const buffers = contents.get(content);
      if (!buffers) return undefined;
      const [only = Buffer.alloc(0), ...others] = buffers;
      return (others.length === 0 ? only : Buffer.concat(buffers)).subarray(start, end + 1);
    },
  };
}
