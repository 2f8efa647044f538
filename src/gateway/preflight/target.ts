import { randomUUID } from 'node:crypto';
import { atBucket } from '../../filters/at-bucket.js';
import type { S3Response, S3Service } from '../../s3/message.js';
import { readInitiateResult } from '../../s3/xml/multipart.js';
import { readTagging } from '../../s3/xml/tagging.js';
import { ask, isSuccess, readBody } from '../../shadow/ask.js';
import { lockRefusal } from '../../shadow/copying/object-lock.js';
import { ASKING_FOR_CHECKSUMS } from '../../shadow/copying/source-checksum.js';
import { hasDigests } from '../../shadow/copying/source-object.js';
import { readStorePage } from '../../shadow/listing/store-page.js';
import type { BucketRecord } from '../../state/buckets.js';
import { type BackendBucket, deleteBackendBucket, ensureBackendBucket } from '../backend-bucket.js';
import { probeConditionalWrites } from '../probe-conditional-writes.js';
import { type ProbeTarget, withScratchObject } from '../scratch-object.js';

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
  /** Whether it takes uploads in parts. */
  readonly takesParts: boolean;
  /** Whether its ETags are hashes. */
  readonly hasDigests: boolean;
  /** Why it cannot lock objects; undefined when it can. */
  readonly lockRefusal: string | undefined;
  /** Of the header fields that were tried those that it did not keep, by `fieldId`. */
  readonly lostFields: ReadonlySet<string>;
}

/** Field names and values that objects have. */
export type Field = readonly [name: string, value: string];

export const fieldId = ([name, value]: Field): string => `${name}: ${value}`;

export const PROBE = Buffer.from('probe');

/**
 * Finds out by trying. Nothing is left behind.
 *
 * @param fields of a PUT of `PROBE`, which a HEAD is to show then
 * @throws TargetRefused when it takes no objects at all
 */
export async function tryOut(
  { backend: { service }, name: bucket }: BackendBucket,
  fields: Iterable<Field>,
  signal: AbortSignal,
): Promise<Capabilities> {
  const target = { service, bucket };
  const lostFields = new Set<string>();
  for (const field of fields) if (!(await keepsField(target, field, signal))) lostFields.add(fieldId(field));
  return {
    conditionalWrites: await probeConditionalWrites(target),
    keepsTags: await keepsTags(target, signal),
    takesParts: await takesParts(target),
    hasDigests: await withScratchObject(target, async ({ key }) =>
      hasDigests((await headOf(target, key, signal)).headers),
    ),
    lockRefusal: await lockRefusal(atBucket(bucket)(service), signal),
    lostFields,
  };
}

const keepsTags = (target: ProbeTarget, signal: AbortSignal): Promise<boolean> =>
  withScratchObject(target, async ({ key, send }) => {
    const headers = { 'x-amz-tagging': 'penumbra=probe' };
    const put = await send({ operation: 'PutObject', method: 'PUT', headers, body: PROBE });
    if (put.status !== 200) return false;
    const question = { key, query: [['tagging', ''] as const], signal };
    const answer = await atBucket(target.bucket)(target.service)(ask('GetObjectTagging', question));
    const body = await readBody(answer);
    return isSuccess(answer) && readTagging(body).length === 1;
  });

const takesParts = (target: ProbeTarget): Promise<boolean> =>
  withScratchObject(target, async ({ send }) => {
    const begun = await send({
      operation: 'CreateMultipartUpload',
      method: 'POST',
      query: [['uploads', '']],
    });
    if (begun.status !== 200) return false;
    const { uploadId } = readInitiateResult(begun.text);
    await send({ operation: 'AbortMultipartUpload', method: 'DELETE', query: [['uploadId', uploadId]] });
    return true;
  });

const keepsField = (target: ProbeTarget, [name, value]: Field, signal: AbortSignal): Promise<boolean> =>
  withScratchObject(target, async ({ key, send }) => {
    const put = await send({
      operation: 'PutObject',
      method: 'PUT',
      headers: { [name]: value },
      body: PROBE,
    });
    if (put.status !== 200) return false;
    return (await headOf(target, key, signal)).headers[name] === value;
  });

const headOf = ({ service, bucket }: ProbeTarget, key: string, signal: AbortSignal): Promise<S3Response> =>
  atBucket(bucket)(service)(
    ask('HeadObject', { method: 'HEAD', key, headers: ASKING_FOR_CHECKSUMS, signal }),
  );
