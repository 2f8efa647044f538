import type { Kv, KvCheck, KvCommit, KvSet } from '../kv.js';
import { type Page, type PageQuery, RecordInvalid } from '../record-store.js';
import type { Sealer } from '../sealing.js';
import {
  holdsBucket,
  isOver,
  type JobFailure,
  type JobRecord,
  jobFailure,
  jobSchema,
  jobWithSecrets,
} from './job-record.js';

/** A job as it stands in the state, and the check that holds as long as nobody has written it since. */
export interface StoredJob {
  readonly job: JobRecord;
  readonly check: KvCheck;
}

export interface FailurePage {
  readonly failures: readonly JobFailure[];
  /** Where the next page begins; undefined for the last one. */
  readonly next?: string;
}

const SPACE = 'job/';
const ACTIVE = 'job-active/';
const LAST = 'job-last';

/** Ids are counted down in keys, so that the newest comes first. */
const MOST = 1_000_000_000_000;
const DIGITS = 12;

const nameOf = (id: number): string => String(MOST - id).padStart(DIGITS, '0');
const idOf = (name: string): number => MOST - Number(name);

const jobKey = (id: number): string => SPACE + nameOf(id);
const activeKey = (id: number): string => ACTIVE + nameOf(id);
const bucketSpace = (bucket: string): string => `job-bucket/${bucket}/`;
const failureSpace = (id: number): string => `job-failure/${nameOf(id)}/`;
const leaseKey = (id: number): string => `job-lease/${nameOf(id)}`;

/**
 * Jobs: a record for each, an index of those that are not over, one by bucket, and pages of failures. What is written of a job is a commit that others can
 * add to, so that a job and its bucket never disagree.
 *
 * @throws KvUnavailable from every method
 */
export class JobStore {
  constructor(
    private readonly kv: Kv,
    private readonly sealer: Sealer,
  ) {}

  async get(id: number): Promise<JobRecord | undefined> {
    return (await this.find(id))?.job;
  }

  async find(id: number): Promise<StoredJob | undefined> {
    if (!isId(id)) return undefined;
    const entry = await this.kv.get(jobKey(id));
    if (!entry) return undefined;
    return { job: this.#decode(entry.key, entry.value), check: { key: entry.key, version: entry.version } };
  }

  /** The newest first; `after` is the id of the last one of the page before. */
  async list({ after, limit }: PageQuery): Promise<Page<JobRecord>> {
    const start = after === undefined ? {} : { start: `${jobKey(Number(after))}\0` };
    const entries = await this.kv.list({ prefix: SPACE, ...start, limit: limit + 1 });
    const items = entries.slice(0, limit).map(({ key, value }) => this.#decode(key, value));
    const last = items.at(-1);
    return entries.length > limit && last ? { items, next: String(last.id) } : { items };
  }

  /** The newest of a bucket first, at most `limit`. */
  async ofBucket(bucket: string, limit: number): Promise<JobRecord[]> {
    const entries = await this.kv.list({ prefix: bucketSpace(bucket), limit });
    return this.#records(entries.map(({ key }) => jobKey(idOf(key.slice(bucketSpace(bucket).length)))));
  }

  /** The ids of those that are not over, the newest first. */
  async active(): Promise<number[]> {
    const ids: number[] = [];
    for (let start = ACTIVE; ; ) {
      const entries = await this.kv.list({ prefix: ACTIVE, start, limit: PAGE });
      ids.push(...entries.map(({ key }) => idOf(key.slice(ACTIVE.length))));
      const last = entries.at(-1);
      if (!last || entries.length < PAGE) return ids;
      start = `${last.key}\0`;
    }
  }

  /** Calls back when a job may have changed. Returns the function that ends it. */
  onChange(listener: () => void): () => void {
    return this.kv.watch(SPACE, () => listener());
  }

  /** The next id, and what a commit needs that gives it to a job. */
  async nextId(): Promise<{ readonly id: number; readonly check: KvCheck; readonly set: KvSet }> {
    const entry = await this.kv.get(LAST);
    const id = Number(entry?.value ?? 0) + 1;
    const check = { key: LAST, version: entry?.version ?? null };
    return { id, check, set: { key: LAST, value: String(id) } };
  }

  /** Writes a job. False when one of the checks does not hold. */
  async commit(job: JobRecord, checks: readonly KvCheck[]): Promise<boolean> {
    return (await this.kv.commit({ checks, ...this.written(job) })) !== null;
  }

  /** What a commit needs that writes the job: the record, and the index of those that are not over. */
  written(job: JobRecord): Required<Pick<KvCommit, 'sets' | 'deletes'>> {
    const value = JSON.stringify(jobWithSecrets(job, this.sealer.seal));
    const record = { key: jobKey(job.id), value };
    if (isOver(job)) return { sets: [record], deletes: [activeKey(job.id)] };
    const index = [activeKey(job.id), bucketSpace(job.bucket) + nameOf(job.id)];
    return { sets: [record, ...index.map((key) => ({ key, value: '' }))], deletes: [] };
  }

  /** Takes the right to work on a job for `leaseMs`; undefined when another has it. */
  async lease(id: number, owner: string, leaseMs: number): Promise<KvCheck | undefined> {
    const key = leaseKey(id);
    const sets = [{ key, value: owner, expireIn: leaseMs }];
    const version = await this.kv.commit({ checks: [{ key, version: null }], sets });
    return version === null ? undefined : { key, version };
  }

  /** Prolongs a lease; undefined when it was lost. */
  async renew(held: KvCheck, owner: string, leaseMs: number): Promise<KvCheck | undefined> {
    const sets = [{ key: held.key, value: owner, expireIn: leaseMs }];
    const version = await this.kv.commit({ checks: [held], sets });
    return version === null ? undefined : { key: held.key, version };
  }

  async release(held: KvCheck): Promise<void> {
    await this.kv.commit({ checks: [held], deletes: [held.key] });
  }

  /** Forgets the oldest jobs, beyond the newest `keep`, which have no bucket any more. */
  async prune(keep: number): Promise<void> {
    const newest = await this.kv.list({ prefix: SPACE, limit: keep });
    const last = newest.at(-1);
    if (!last || newest.length < keep) return;
    const { items } = await this.list({ after: String(idOf(last.key.slice(SPACE.length))), limit: PAGE });
    for (const job of items) if (!holdsBucket(job)) await this.#forget(job);
  }

  async #forget({ id, bucket }: JobRecord): Promise<void> {
    await this.forgetFailures(id);
    await this.kv.commit({ deletes: [jobKey(id), bucketSpace(bucket) + nameOf(id)] });
  }

  /** Takes the place of what failed before. */
  async keepFailures(id: number, failures: readonly JobFailure[]): Promise<void> {
    await this.forgetFailures(id);
    for (let from = 0; from < failures.length; from += FAILURES_PER_PAGE) {
      const key = failureSpace(id) + String(from / FAILURES_PER_PAGE).padStart(6, '0');
      const value = JSON.stringify(failures.slice(from, from + FAILURES_PER_PAGE));
      await this.kv.commit({ sets: [{ key, value }] });
    }
  }

  async failures(id: number, after?: string): Promise<FailurePage> {
    const space = failureSpace(id);
    const start = after === undefined ? {} : { start: `${space}${after}\0` };
    const [entry, more] = await this.kv.list({ prefix: space, ...start, limit: 2 });
    if (!entry) return { failures: [] };
    const failures = jobFailure.array().parse(JSON.parse(entry.value));
    return { failures, ...(more && { next: entry.key.slice(space.length) }) };
  }

  async forgetFailures(id: number): Promise<void> {
    for (;;) {
      const entries = await this.kv.list({ prefix: failureSpace(id), limit: PAGE });
      if (entries.length === 0) return;
      await this.kv.commit({ deletes: entries.map(({ key }) => key) });
    }
  }

  async #records(keys: readonly string[]): Promise<JobRecord[]> {
    const entries = keys.length === 0 ? [] : await this.kv.getMany(keys);
    return entries.flatMap((entry) => (entry ? [this.#decode(entry.key, entry.value)] : []));
  }

  #decode(key: string, value: string): JobRecord {
    const parsed = jobSchema.safeParse(JSON.parse(value));
    if (parsed.success) return jobWithSecrets(parsed.data, this.sealer.open);
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new RecordInvalid(`the state record ${key} is not valid: ${faults.join('; ')}`);
  }
}

const PAGE = 500;
/** A page with keys of 1,024 bytes stays below the 1 MiB that a value may have. */
const FAILURES_PER_PAGE = 200;

const isId = (id: number): boolean => Number.isSafeInteger(id) && id > 0 && id < MOST;
