import type { S3Service } from '../../s3/message.js';
import type { Clock } from '../../system/clock.js';
import { Count } from '../../system/count.js';
import { type Backend, BackendUnavailable } from '../backend.js';
import { createStoreService } from '../store/service.js';
import { FolderBuckets } from './folder-buckets.js';
import { roomAt } from './room.js';

export interface FilesystemBackendOptions {
  readonly name: string;
  /** The folder of the buckets' folders, on a local disk; made when it is missing. */
  readonly path: string;
  readonly clock: Clock;
  /** The smallest part of an upload that is not its last, in bytes; 5 MiB as in S3 unless told. */
  readonly minPartSize?: number;
}

const S3_MIN_PART_SIZE = 5 * 1024 ** 2;

/** A full S3 store in a folder, which several processes of one machine may serve at the same time. */
export function createFilesystemBackend(options: FilesystemBackendOptions): Backend {
  const { name, path, clock, minPartSize = S3_MIN_PART_SIZE } = options;
  const buckets = new FolderBuckets(path);
  const requests = new RequestsUnderWay(name, createStoreService({ buckets, clock, minPartSize }));
  return {
    name,
    type: 'filesystem',
    service: (request) => requests.serve(request),
    room: () => roomAt(path),
    async close() {
      await requests.close();
      await buckets.close();
    },
  };
}

/** Knows which requests have no answer yet, so that nothing is closed under them. */
class RequestsUnderWay {
  readonly #underWay = new Count();
  #closed = false;

  constructor(
    private readonly backend: string,
    private readonly service: S3Service,
  ) {}

  async serve(request: Parameters<S3Service>[0]): ReturnType<S3Service> {
    if (this.#closed) throw new BackendUnavailable(this.backend, 'closed', false);
    this.#underWay.enter();
    try {
      return await this.service(request);
    } finally {
      this.#underWay.leave();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#underWay.zero();
  }
}
