import pLimit from 'p-limit';
import { atBucket } from '../../filters/at-bucket.js';
import { discard } from '../../s3/body.js';
import type { S3Service } from '../../s3/message.js';
import type { ListedObject } from '../../s3/xml/listing.js';
import { ask, isSuccess } from '../../shadow/ask.js';
import type { Clock } from '../../system/clock.js';
import { type ProbeTarget, scratchKey } from '../scratch-object.js';

/** How fast objects were copied, per second, and how that was measured. */
export interface MeasuredRate {
  readonly objects: number;
  readonly bytes: number;
  readonly copied: { readonly objects: number; readonly bytes: number; readonly ms: number };
}

export interface MeasureOptions {
  readonly sample: readonly Pick<ListedObject, 'key' | 'size'>[];
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Copies that are made side by side, about as many as a sweep makes. */
export const AT_ONCE = 8;
const MAX_OBJECTS = 32;
/** Of a larger object so many bytes are copied. */
const MAX_BYTES = 8 * 1024 * 1024;
/** No copy is begun later, ms. */
const LONG_ENOUGH_MS = 3_000;

/**
 * Copies some objects to scratch keys at the target, for a few seconds, and removes them again. Undefined where none could be copied.
 *
 * @throws BackendUnavailable, TargetRefused when something of it is left at the target
 */
export async function measureCopies(
  source: S3Service,
  target: ProbeTarget,
  { sample, clock, signal }: MeasureOptions,
): Promise<MeasuredRate | undefined> {
  const limit = pLimit(AT_ONCE);
  const begun = clock.now();
  const keys: string[] = [];
  const copy = async (object: MeasureOptions['sample'][number]): Promise<number | undefined> => {
    if (signal.aborted || clock.now() - begun > LONG_ENOUGH_MS) return undefined;
    const to = scratchKey();
    keys.push(to);
    return copyOne(source, target, { object, to, signal });
  };
  try {
    const copied = await Promise.all(sample.slice(0, MAX_OBJECTS).map((object) => limit(() => copy(object))));
    return rateOf(
      copied.filter((bytes) => bytes !== undefined),
      clock.now() - begun,
    );
  } finally {
    await Promise.all(keys.map((key) => limit(() => remove(target, key))));
  }
}

interface OneCopy {
  readonly object: MeasureOptions['sample'][number];
  readonly to: string;
  readonly signal: AbortSignal;
}

/** How many bytes were copied; undefined when either store refused. */
async function copyOne(
  source: S3Service,
  { service, bucket }: ProbeTarget,
  { object: { key, size }, to, signal }: OneCopy,
): Promise<number | undefined> {
  const headers = size > MAX_BYTES ? { range: `bytes=0-${MAX_BYTES - 1}` } : {};
  const got = await source(ask('GetObject', { key, headers, signal }));
  const length = got.headers['content-length'];
  if (!isSuccess(got) || length === undefined) {
    discard(got.body);
    return undefined;
  }
  const body = got.body ?? Buffer.alloc(0);
  const request = { method: 'PUT', key: to, headers: { 'content-length': length }, body, signal };
  const put = await atBucket(bucket)(service)(ask('PutObject', request));
  discard(put.body);
  return isSuccess(put) ? Number(length) : undefined;
}

function rateOf(copied: readonly number[], ms: number): MeasuredRate | undefined {
  if (copied.length === 0) return undefined;
  const bytes = copied.reduce((sum, one) => sum + one, 0);
  const seconds = Math.max(ms, 1) / 1_000;
  return {
    objects: copied.length / seconds,
    bytes: bytes / seconds,
    copied: { objects: copied.length, bytes, ms },
  };
}

/** Of what was not written there is nothing to remove, and no store minds. */
async function remove({ service, bucket }: ProbeTarget, key: string): Promise<void> {
  const signal = new AbortController().signal;
  const answer = await atBucket(bucket)(service)(ask('DeleteObject', { method: 'DELETE', key, signal }));
  discard(answer.body);
}
