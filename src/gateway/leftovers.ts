import { discard } from '../s3/body.js';
import type { S3Request, S3Service } from '../s3/message.js';
import { deleteBackendBucket } from './backend-bucket.js';
import { reasonOf } from './backend-report.js';
import type { OpenStore } from './stores.js';

const MAKES_OBJECT: ReadonlySet<string> = new Set(['PutObject', 'CopyObject', 'CompleteMultipartUpload']);

/** Buckets and objects that were made for a trial and are not removed yet. */
export class Leftovers {
  readonly #buckets = new Set<string>();
  readonly #objects = new Map<string, ObjectPlace>();

  /** The service, of which is noted what it makes: also of a request that got no answer. */
  noting(service: S3Service): S3Service {
    return async (request) => {
      const answer = await service(request).catch((error: unknown) => {
        this.#made(request);
        throw error;
      });
      if (answer.status < 300) this.#made(request);
      if (answer.status < 300 && request.operation === 'DeleteObject') this.#objects.delete(idOf(request));
      return answer;
    };
  }

  /** Removes them. Resolves to what could not be removed, in words; null when all was. */
  async remove(store: Pick<OpenStore, 'name' | 'service'>): Promise<string | null> {
    const failures: string[] = [];
    const attempt = (what: string, action: Promise<unknown>) =>
      action.catch((error: unknown) => failures.push(`${what} (${reasonOf(error)})`));
    for (const { bucket, key } of this.#objects.values())
      await attempt(`object "${key}" of bucket "${bucket}"`, deleteObject(store.service, { bucket, key }));
    for (const name of this.#buckets)
      await attempt(`bucket "${name}"`, deleteBackendBucket({ backend: store, name }));
    return failures.length === 0 ? null : failures.join(', ');
  }

  #made({ operation, bucket, key }: S3Request): void {
    if (operation === 'CreateBucket') this.#buckets.add(bucket);
    if (MAKES_OBJECT.has(operation)) this.#objects.set(idOf({ bucket, key }), { bucket, key });
  }
}

type ObjectPlace = Pick<S3Request, 'bucket' | 'key'>;

const idOf = ({ bucket, key }: ObjectPlace): string => `${bucket}/${key}`;

async function deleteObject(service: S3Service, object: ObjectPlace): Promise<void> {
  const { signal } = new AbortController();
  const request = {
    operation: 'DeleteObject',
    method: 'DELETE',
    ...object,
    query: [],
    headers: {},
    signal,
  } as const;
  const { status, body } = await service(request);
  discard(body);
  if (status >= 300 && status !== 404) throw new Error(`HTTP ${status}`);
}
