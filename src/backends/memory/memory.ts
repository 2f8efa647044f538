import { S3Error } from '../../s3/errors.js';
import type { Clock } from '../../system/clock.js';
import type { Backend } from '../backend.js';
import type { BucketEntry, Buckets } from '../store/persistence.js';
import { createStoreService } from '../store/service.js';
import { MemoryBucket } from './memory-bucket.js';

export interface MemoryBackendOptions {
  readonly name: string;
  readonly clock: Clock;
  /** The smallest part of an upload that is not its last, in bytes; 5 MiB as in S3 unless told. */
  readonly minPartSize?: number;
}

const S3_MIN_PART_SIZE = 5 * 1024 ** 2;

/** A store that lives as long as the process: for tests and simulation. */
export function createMemoryBackend(options: MemoryBackendOptions): Backend {
  const { name, clock, minPartSize = S3_MIN_PART_SIZE } = options;
  const service = createStoreService({ buckets: memoryBuckets(clock), clock, minPartSize });
  return { name, type: 'memory', service, close: async () => undefined };
}

function memoryBuckets(clock: Clock): Buckets {
  const buckets = new Map<string, { entry: BucketEntry; bucket: MemoryBucket }>();
  return {
    async list() {
      const entries = [...buckets.values()].map(({ entry }) => entry);
      return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    open: (name) => buckets.get(name)?.bucket,
    async create(name) {
      if (buckets.has(name)) return false;
      buckets.set(name, { entry: { name, createdAt: clock.now() }, bucket: new MemoryBucket() });
      return true;
    },
    async remove(name) {
      const found = buckets.get(name);
      if (!found) throw new S3Error('NoSuchBucket');
      found.bucket.remove();
      buckets.delete(name);
    },
  };
}
