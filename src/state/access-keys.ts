import { randomBytes, randomInt } from 'node:crypto';
import type { Clock } from '../system/clock.js';
import { type AccessKeyRecord, accessKeyFormat } from './access-key-record.js';
import { bucketKey } from './bucket-record.js';
import type { Kv } from './kv.js';
import { type Page, type PageQuery, RecordStore, untilDone } from './record-store.js';
import type { Sealer } from './sealing.js';

export type { AccessKeyRecord } from './access-key-record.js';

/** A key was asked for, for a bucket that does not exist (any more). */
export class NoBucketForKey extends Error {
  override readonly name = 'NoBucketForKey';
}

/** The keys with which S3 clients sign; each is for one bucket. */
export class AccessKeyStore extends RecordStore<AccessKeyRecord> {
  constructor(
    kv: Kv,
    sealer: Sealer,
    private readonly clock: Clock,
  ) {
    super(kv, accessKeyFormat(sealer));
  }

  /**
   * Writes the bucket's record too, unchanged: its new version makes a deletion of the bucket that did not see this
   * key begin anew, so no key outlives its bucket.
   *
   * @throws NoBucketForKey
   */
  async create({ bucket, role }: Pick<AccessKeyRecord, 'bucket' | 'role'>): Promise<AccessKeyRecord> {
    return untilDone(`bucket ${bucket}`, async () => {
      const owner = await this.kv.get(bucketKey(bucket));
      if (!owner) throw new NoBucketForKey(`no bucket ${bucket} to create an access key for`);
      const record = { ...newAccessKey(), bucket, role, createdAt: new Date(this.clock.now()).toISOString() };
      const key = this.keyOf(record.accessKeyId);
      const done = await this.commit(record.accessKeyId, {
        checks: [owner, { key, version: null }],
        sets: [
          { key, value: this.encode(record) },
          { key: owner.key, value: owner.value },
        ],
      });
      return done ? record : 'retry';
    });
  }

  /** False when there is no such key. */
  async delete(accessKeyId: string): Promise<boolean> {
    return untilDone(`access key ${accessKeyId}`, async () => {
      const found = await this.find(accessKeyId);
      if (!found) return false;
      const key = this.keyOf(accessKeyId);
      const checks = [{ key, version: found.version }];
      return (await this.commit(accessKeyId, { checks, deletes: [key] })) || 'retry';
    });
  }

  /** With `bucket` only the keys of that bucket. */
  override async list(query: PageQuery & { readonly bucket?: string }): Promise<Page<AccessKeyRecord>> {
    const { bucket, after, limit } = query;
    if (bucket === undefined) return super.list(query);
    const found: AccessKeyRecord[] = [];
    for await (const record of this.all(after)) {
      if (record.bucket === bucket) found.push(record);
      if (found.length > limit) break;
    }
    return this.pageOf(found, limit);
  }
}

export function createAccessKeyStore(kv: Kv, sealer: Sealer, clock: Clock): AccessKeyStore {
  return new AccessKeyStore(kv, sealer, clock);
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
/** Tells the keys of Penumbra from others, as AKIA does those of AWS. */
const ID_PREFIX = 'PNBR';
const ID_LENGTH = 20;
const SECRET_BYTES = 30;

/** In the shape of AWS's: an id of 20 letters and digits, a secret of 40 characters. */
function newAccessKey(): Pick<AccessKeyRecord, 'accessKeyId' | 'secretAccessKey'> {
  const letters = Array.from({ length: ID_LENGTH - ID_PREFIX.length }, () =>
    LETTERS.charAt(randomInt(LETTERS.length)),
  );
  return {
    accessKeyId: ID_PREFIX + letters.join(''),
    // As AWS's are: with base64url one could begin with a hyphen, which clients take for an option.
    secretAccessKey: randomBytes(SECRET_BYTES).toString('base64'),
  };
}
