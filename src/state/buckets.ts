import { accessKeyFormat } from './access-key-record.js';
import { type BucketRecord, bucketFormat } from './bucket-record.js';
import type { Kv, KvCheck, KvCommit, KvEntry } from './kv.js';
import { RecordStore, untilDone } from './record-store.js';
import type { Sealer } from './sealing.js';

export type { BucketRecord } from './bucket-record.js';

/** The buckets that Penumbra serves. */
export class BucketStore extends RecordStore<BucketRecord> {
  constructor(
    kv: Kv,
    private readonly sealer: Sealer,
  ) {
    super(kv, bucketFormat(sealer));
  }

  /** False when there is a bucket of this name already. What `holding` resolves to is written too, unchanged (BackendStore.hold), and its errors are thrown. */
  async create(
    record: BucketRecord,
    holding: () => Promise<readonly KvEntry[]> = async () => [],
  ): Promise<boolean> {
    const { name } = record;
    const key = this.keyOf(name);
    return untilDone(`bucket ${name}`, async () => {
      const held = await holding();
      const checks = [{ key, version: null }, ...held];
      const sets = [{ key, value: this.encode(record) }, ...held.map(({ key, value }) => ({ key, value }))];
      if (await this.commit(name, { checks, sets })) return true;
      return (await this.find(name)) ? false : 'retry';
    });
  }

  /** One atomic read-modify-write; `change` may run again. Undefined when there is no such bucket. */
  async update(
    name: string,
    change: (record: BucketRecord) => BucketRecord,
  ): Promise<BucketRecord | undefined> {
    return untilDone(`bucket ${name}`, async () => {
      const found = await this.find(name);
      if (!found) return undefined;
      const { id } = found.record;
      const record = { ...change(found.record), name, id };
      const key = this.keyOf(name);
      const sets = [{ key, value: this.encode(record) }];
      const done = await this.commit(name, { checks: [{ key, version: found.version }], sets });
      return done ? record : 'retry';
    });
  }

  /** The bucket as it is now, and the check that holds as long as nobody has written it since. */
  async judge(name: string): Promise<{ record: BucketRecord; check: KvCheck } | undefined> {
    const found = await this.find(name);
    return found && { record: found.record, check: { key: this.keyOf(name), version: found.version } };
  }

  /** Writes a bucket that is there, and what the commit besides asks for. False when one of its checks does not hold. */
  async commitWith(record: BucketRecord, { sets = [], ...commit }: KvCommit): Promise<boolean> {
    const { name } = record;
    const set = { key: this.keyOf(name), value: this.encode(record) };
    return this.commit(name, { ...commit, sets: [set, ...sets] });
  }

  /** The bucket and its access keys at once; the store's objects stay. False when there is no such bucket. */
  async delete(name: string): Promise<boolean> {
    return untilDone(`bucket ${name}`, async () => {
      const found = await this.find(name);
      if (!found) return false;
      const key = this.keyOf(name);
      const deletes = [key, ...(await this.#accessKeysOf(name))];
      const done = await this.commit(name, { checks: [{ key, version: found.version }], deletes });
      return done || 'retry';
    });
  }

  /** A key that is created after this was read gives the bucket a new version (AccessKeyStore.create). */
  async #accessKeysOf(bucket: string): Promise<string[]> {
    const accessKeys = new RecordStore(this.kv, accessKeyFormat(this.sealer));
    const found: string[] = [];
    for await (const record of accessKeys.all()) {
      if (record.bucket === bucket) found.push(accessKeys.prefix + record.accessKeyId);
    }
    return found;
  }
}

export function createBucketStore(kv: Kv, sealer: Sealer): BucketStore {
  return new BucketStore(kv, sealer);
}
