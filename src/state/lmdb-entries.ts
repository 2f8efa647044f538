import type { Database } from 'lmdb';
import type { KvEntry } from './kv.js';
import type { KvBounds } from './kv-range.js';

/** `expiresAt` is milliseconds since the epoch; 0 means never. */
type StoredEntry = readonly [version: number, expiresAt: number, value: string];

/**
 * The pairs by the bytes of their key, and beside them which of them expire, by time. The second holds an item for
 * exactly those pairs that have an expiry.
 */
export class LmdbEntries {
  constructor(
    private readonly pairs: Database<StoredEntry, Buffer>,
    private readonly expiries: Database<true, Buffer>,
  ) {}

  get(key: string, now: number): KvEntry | null {
    const stored = this.pairs.get(Buffer.from(key));
    return stored && isLive(stored, now) ? entryOf(key, stored) : null;
  }

  list({ start, end }: KvBounds, limit: number, now: number): KvEntry[] {
    const found: KvEntry[] = [];
    if (limit === 0 || Buffer.compare(start, end) >= 0) return found;
    for (const { key, value } of this.pairs.getRange({ start, end })) {
      if (isLive(value, now)) found.push(entryOf(key.toString(), value));
      if (found.length === limit) break;
    }
    return found;
  }

  /** Within a write transaction only, as all that follow. */
  put({ key, value, version }: { key: string; value: string; version: number }, expiresAt: number): void {
    const bytes = Buffer.from(key);
    this.#forgetExpiry(bytes);
    this.pairs.putSync(bytes, [version, expiresAt, value]);
    if (expiresAt !== 0) this.expiries.putSync(expiryKey(expiresAt, bytes), true);
  }

  remove(key: string): void {
    const bytes = Buffer.from(key);
    this.#forgetExpiry(bytes);
    this.pairs.removeSync(bytes);
  }

  hasExpired(now: number): boolean {
    return this.#expired(now, 1).length > 0;
  }

  /** Removes at most `limit` pairs whose time has come. */
  removeExpired(now: number, limit: number): void {
    for (const expiry of this.#expired(now, limit)) {
      this.expiries.removeSync(expiry);
      this.pairs.removeSync(expiry.subarray(TIME_BYTES));
    }
  }

  #expired(now: number, limit: number): Buffer[] {
    return [...this.expiries.getKeys({ start: timeBytes(0), end: timeBytes(now + 1), limit })];
  }

  #forgetExpiry(key: Buffer): void {
    const stored = this.pairs.get(key);
    if (stored && stored[1] !== 0) this.expiries.removeSync(expiryKey(stored[1], key));
  }
}

const isLive = ([, expiresAt]: StoredEntry, now: number): boolean => expiresAt === 0 || expiresAt > now;

const entryOf = (key: string, [version, , value]: StoredEntry): KvEntry => ({
  key,
  value,
  version: String(version),
});

/** Big-endian, so that the order of the bytes is that of the times; enough until the year 10889. */
const TIME_BYTES = 6;

function timeBytes(ms: number): Buffer {
  const bytes = Buffer.alloc(TIME_BYTES);
  bytes.writeUIntBE(ms, 0, TIME_BYTES);
  return bytes;
}

const expiryKey = (expiresAt: number, key: Buffer): Buffer => Buffer.concat([timeBytes(expiresAt), key]);
