import { type KvCommit, type KvRange, writtenBy } from './kv.js';

export const MAX_KV_KEY_BYTES = 1_500;
export const MAX_KV_VALUE_BYTES = 1_024 * 1_024;

/** @throws RangeError unless `key` is what the Kv interface allows. */
export function assertKvKey(key: string): void {
  const bytes = Buffer.byteLength(key);
  if (bytes < 1 || bytes > MAX_KV_KEY_BYTES) {
    throw new RangeError(`state key has ${bytes} bytes; allowed are 1 to ${MAX_KV_KEY_BYTES}`);
  }
  assertWellFormed('state key', key);
}

/** @throws RangeError when a key, value or time is outside the limits, or when one key is written twice. */
export function assertKvCommit(commit: KvCommit): void {
  const { checks = [], sets = [], deletes = [] } = commit;
  for (const { key } of checks) assertKvKey(key);
  for (const { key, value, expireIn } of sets) {
    assertKvKey(key);
    assertValue(key, value);
    if (expireIn !== undefined && !(expireIn > 0 && Number.isFinite(expireIn))) {
      throw new RangeError(`expireIn of state key ${key} is ${expireIn}; allowed are positive milliseconds`);
    }
  }
  for (const key of deletes) assertKvKey(key);
  assertDistinct(writtenBy(commit));
}

/** @throws RangeError unless the limit is a whole number from 0. */
export function assertKvRange({ limit }: KvRange): void {
  if (!Number.isSafeInteger(limit) || limit < 0) {
    throw new RangeError(`limit of a state listing is ${limit}; allowed are whole numbers from 0`);
  }
}

function assertValue(key: string, value: string): void {
  const bytes = Buffer.byteLength(value);
  if (bytes > MAX_KV_VALUE_BYTES) {
    throw new RangeError(`value of state key ${key} has ${bytes} bytes; allowed are ${MAX_KV_VALUE_BYTES}`);
  }
  assertWellFormed(`value of state key ${key}`, value);
}

/** A surrogate without its other half has no UTF-8 form: the string would not come back as it went in. */
function assertWellFormed(what: string, text: string): void {
  if (!text.isWellFormed()) throw new RangeError(`${what} holds half a surrogate pair`);
}

function assertDistinct(keys: readonly string[]): void {
  const seen = new Set<string>();
  for (const key of keys) {
    if (seen.has(key)) throw new RangeError(`state key ${key} is written twice in one commit`);
    seen.add(key);
  }
}
