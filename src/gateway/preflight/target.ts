import { randomUUID } from 'node:crypto';
import { atBucket } from '../../filters/at-bucket.js';
import type { S3Service } from '../../s3/message.js';
import { readTagging } from '../../s3/xml/tagging.js';
import { ask, isSuccess, readBody } from '../../shadow/ask.js';
import { lockRefusal } from '../../shadow/copying/object-lock.js';
import { readStorePage } from '../../shadow/listing/store-page.js';
import type { BucketRecord } from '../../state/buckets.js';
import { type BackendBucket, deleteBackendBucket, ensureBackendBucket } from '../backend-bucket.js';
import { probeConditionalWrites } from '../probe-conditional-writes.js';
import { withScratchObject } from '../scratch-object.js';

/** What is at the new place before anything is moved there. */
export interface AtTarget {
  readonly bucketExists: boolean;
  /** So many at least: of a bucket that is not empty one page is read. */
  readonly objects: number;
  readonly isExact: boolean;
  readonly firstKeys: readonly string[];
}

const NOTHING: AtTarget = {
  bucketExists: false,
  objects: 0,
  isExact: true,
  firstKeys: [],
};

const KEYS_NAMED = 3;

/** @throws ListingRefused, BackendUnavailable */
export async function whatIsAt(target: S3Service, signal: AbortSignal): Promise<AtTarget> {
  const head = await target(ask('HeadBucket', { method: 'HEAD', signal }));
  if (head.status === 404) return NOTHING;
  const page = await readStorePage(target, { prefix: '', delimiter: '', maxKeys: 1_000, signal });
  return {
    bucketExists: true,
    objects: page.entries.length,
    isExact: page.end === undefined,
    firstKeys: page.entries.slice(0, KEYS_NAMED).map(({ name }) => name),
  };
}

/**
 * Has a bucket of the target's store tried out: the one that is there, or another, which is made for it and removed.
 *
 * @throws S3Error when it cannot be made
 */
export async function withTriedBucket<T>(
  target: BackendBucket,
  { bucketExists }: AtTarget,
  use: (bucket: BackendBucket) => Promise<T>,
): Promise<T> {
  if (bucketExists) return use(target);
  const scratch = { ...target, name: `penumbra-probe-${randomUUID()}` };
  await ensureBackendBucket(scratch);
  try {
    return await use(scratch);
  } finally {
    await deleteBackendBucket(scratch);
  }
}

/** What the target was seen to keep of objects. */
export interface Capabilities {
  readonly conditionalWrites: BucketRecord['conditionalWrites'];
  readonly keepsTags: boolean;
  /** Why it cannot lock objects; undefined when it can. */
  readonly lockRefusal: string | undefined;
  /** Storage classes that it does not have, of those that were asked about. */
  readonly refusedClasses: ReadonlySet<string>;
}

/**
 * Finds out by trying. Nothing is left behind.
 *
 * @throws TargetRefused when it takes no objects at all
 */
export async function tryOut(
  { backend: { service }, name: bucket }: BackendBucket,
  storageClasses: Iterable<string>,
  signal: AbortSignal,
): Promise<Capabilities> {
  const target = { service, bucket };
  const refusedClasses = new Set<string>();
  for (const name of storageClasses) if (!(await takesClass(target, name, signal))) refusedClasses.add(name);
  return {
    conditionalWrites: await probeConditionalWrites(target),
    keepsTags: await keepsTags(target, signal),
    lockRefusal: await lockRefusal(atBucket(bucket)(service), signal),
    refusedClasses,
  };
}

interface Tried {
  readonly service: S3Service;
  readonly bucket: string;
}

const keepsTags = (target: Tried, signal: AbortSignal): Promise<boolean> =>
  withScratchObject(target, async ({ key, send }) => {
    const headers = { 'x-amz-tagging': 'penumbra=probe' };
    const put = await send({ operation: 'PutObject', method: 'PUT', headers, body: Buffer.from('probe') });
    if (put.status !== 200) return false;
    const question = { key, query: [['tagging', ''] as const], signal };
    const answer = await atBucket(target.bucket)(target.service)(ask('GetObjectTagging', question));
    const body = await readBody(answer);
    return isSuccess(answer) && readTagging(body).length === 1;
  });

const takesClass = (target: Tried, name: string, signal: AbortSignal): Promise<boolean> =>
  withScratchObject(target, async ({ key, send }) => {
    const headers = { 'x-amz-storage-class': name };
    const put = await send({ operation: 'PutObject', method: 'PUT', headers, body: Buffer.from('probe') });
    if (put.status !== 200) return false;
    const head = await atBucket(target.bucket)(target.service)(
      ask('HeadObject', { method: 'HEAD', key, signal }),
    );
    return head.headers['x-amz-storage-class'] === name;
  });
