import { nextStep } from '../../../src/gateway/switching/steps.js';
import { type BucketRecord, createBucketStore } from '../../../src/state/buckets.js';
import type { MemoryKv } from '../memory-kv.js';
import { BUCKET } from '../record.js';
import { SEALER } from '../sealer.js';
import type { Tally } from '../tally.js';

/** Counts the steps that a bucket's switches take, whichever gateway takes them, and tells how far they are. */
export class SwitchWitness {
  #record: BucketRecord | undefined;

  constructor(
    private readonly kv: MemoryKv,
    private readonly tally: Tally,
  ) {}

  /** Begins with the bucket as it is. */
  async begin(record: BucketRecord): Promise<void> {
    const buckets = createBucketStore(this.kv, SEALER);
    await buckets.create(record);
    this.#record = record;
    this.kv.watch(`bucket/${BUCKET}`, () => {
      const value = this.kv.peek(`bucket/${BUCKET}`);
      if (value !== undefined) this.#changed(JSON.parse(value));
    });
  }

  /** The bucket as it is now, its secrets sealed. */
  get record(): BucketRecord | undefined {
    return this.#record;
  }

  /** Whether no gateway has a step to take. */
  get isSettled(): boolean {
    return this.#record === undefined || nextStep(this.#record) === undefined;
  }

  #changed(after: BucketRecord): void {
    const before = this.#record;
    this.#record = after;
    const [from, to] = [stationOf(before), stationOf(after)];
    if (from !== to) this.tally.count('rule', `step from ${from} to ${to}`);
  }
}

function stationOf(record: BucketRecord | undefined): string {
  if (!record?.shadow) return record?.forgetting ? 'forgetting' : 'none';
  const { rung, confirmed } = record.shadow;
  return (rung === 'exclusive' || rung === 'swapping') && confirmed ? `${rung}, confirmed` : rung;
}
