import { BackendUnavailable } from '../../backends/backend.js';
import { discard } from '../../s3/body.js';
import type { HeaderFields, S3Response, S3Service } from '../../s3/message.js';
import type { ListedObject } from '../../s3/xml/listing.js';
import { ask, isSuccess } from '../../shadow/ask.js';
import { ASKING_FOR_CHECKSUMS } from '../../shadow/copying/source-checksum.js';
import { isDeleteMarker } from '../../shadow/miss.js';

/** An object as a listing shows it, or with its header fields once it was asked for. */
export interface SeenObject {
  readonly state: 'present';
  /** With its quotes. */
  readonly etag: string;
  /** Bytes. */
  readonly size: number;
  readonly headers?: HeaderFields | undefined;
}

/** What one store has of a key. */
export type Seen =
  | SeenObject
  /** `isMarked`: by a delete marker of a bucket with versions, which is final. */
  | { readonly state: 'absent'; readonly isMarked: boolean }
  /** The store does not tell. */
  | { readonly state: 'unknown'; readonly reason: string };

/** One key in both stores. */
export interface Sight {
  readonly target: Seen;
  readonly source: Seen;
}

export const ABSENT: Seen = { state: 'absent', isMarked: false };

export const asListed = (object: ListedObject | undefined): Seen =>
  object ? { state: 'present', etag: object.etag, size: object.size } : ABSENT;

/** One HEAD. @throws the signal's reason */
export async function look(store: S3Service, key: string, signal: AbortSignal): Promise<Seen> {
  const request = ask('HeadObject', { method: 'HEAD', key, headers: ASKING_FOR_CHECKSUMS, signal });
  try {
    return asAnswered(await store(request));
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof BackendUnavailable)
      return { state: 'unknown', reason: `gave no answer (${error.reason})` };
    throw error;
  }
}

function asAnswered(answer: S3Response): Seen {
  discard(answer.body);
  const { status, headers } = answer;
  if (status === 404) return { state: 'absent', isMarked: isDeleteMarker(answer) };
  const size = Number(headers['content-length']);
  if (!isSuccess(answer)) return { state: 'unknown', reason: `answered ${status} when it was asked for it` };
  if (!Number.isSafeInteger(size)) return { state: 'unknown', reason: 'does not tell its length' };
  return { state: 'present', etag: headers.etag ?? '', size, headers };
}

/** Whether a store has the same as before, as far as ETags and sizes show it. */
function isSame(one: Seen, other: Seen): boolean {
  if (one.state !== 'present' || other.state !== 'present') return one.state === other.state;
  return isSameETag(one.etag, other.etag) && one.size === other.size;
}

export const isSameSight = (one: Sight, other: Sight): boolean =>
  isSame(one.target, other.target) && isSame(one.source, other.source);

/** Not every store quotes them everywhere. */
export const unquoted = (etag: string): string => etag.replaceAll('"', '');

export const isSameETag = (one: string, other: string): boolean => unquoted(one) === unquoted(other);
