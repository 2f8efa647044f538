import { BackendUnavailable } from '../../backends/backend.js';
import { discard, toReadable } from '../../s3/body.js';
import type { S3Body, S3Service } from '../../s3/message.js';
import { ask, isSuccess } from '../../shadow/ask.js';
import { messageOf } from '../../system/thrown.js';
import { isSameETag, type SeenObject } from './sight.js';

/** Where to read, and what was seen there. */
export interface Reading {
  readonly store: S3Service;
  readonly key: string;
  readonly seen: SeenObject;
  readonly signal: AbortSignal;
}

export interface Hashing {
  update(bytes: Buffer): void;
}

/** `moved`: another object has taken its place. */
export type Read = 'read' | 'moved' | { readonly failed: string };

/**
 * Shows all bytes of an object to `hashes` as they come.
 *
 * @throws the signal's reason
 */
export async function readWhole(
  { store, key, seen, signal }: Reading,
  hashes: readonly Hashing[],
): Promise<Read> {
  const headers = { 'accept-encoding': 'identity' };
  try {
    const answer = await store(ask('GetObject', { key, headers, signal }));
    const isThat = isSuccess(answer) && isSameETag(answer.headers.etag ?? '', seen.etag);
    if (isThat) return await hashAll(answer.body, seen.size, hashes);
    discard(answer.body);
    return isSuccess(answer) || answer.status === 404
      ? 'moved'
      : { failed: `answered ${answer.status} to a GET` };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof BackendUnavailable) return { failed: `gave no answer (${error.reason})` };
    throw error;
  }
}

async function hashAll(body: S3Body | undefined, size: number, hashes: readonly Hashing[]): Promise<Read> {
  let length = 0;
  const stream = toReadable(body);
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      length += chunk.length;
      for (const hash of hashes) hash.update(chunk);
    }
  } catch (error) {
    // Whatever a stream fails with: its bytes are not all there.
    return { failed: `broke off: ${messageOf(error)}` };
  }
  return length === size ? 'read' : { failed: `sent ${length} bytes of ${size}` };
}
