import { Gauge, Registry } from 'prom-client';
import type { Progress } from '../../sweep/passes/progress.js';
import type { BoundedNames } from './bounded-names.js';
import type { KeyFigures, StateFigures } from './state-figures.js';

/** What all gateways have in common, as it was read last. */
export class StateGauges {
  readonly registry = new Registry();

  readonly #readAt = this.#gauge('state_read_timestamp_seconds', 'When what all gateways share was read');
  readonly #gateways = this.#gauge('gateways', 'Gateways and workers that share the state');
  readonly #queue = this.#gauge('queue_ranges', 'Ranges of keys in the queue of passes', ['state']);
  readonly #jobs = this.#gauge('jobs', 'Jobs, of the newest 1,000', ['status', 'phase']);
  readonly #behind = this.#gauge(
    'gateways_behind',
    'Gateways that have not acknowledged the settings of a bucket',
    ['bucket'],
  );
  readonly #keys = {
    tombstones: this.#gauge('tombstones', 'Keys that clients deleted', ['bucket']),
    repairs: this.#gauge('repairs_pending', 'Deletes that the shadow is owed', ['bucket']),
    oldestRepair: this.#gauge('repairs_oldest_seconds', 'How long the oldest of them has been owed', [
      'bucket',
    ]),
    intents: this.#gauge('intents_open', 'Writes that are announced', ['bucket']),
    copies: this.#gauge('copies_open', 'Copies that are under way, or were left behind', ['bucket']),
    partly: this.#gauge('keys_partly_counted', '1: the bucket has more keys in the state than were counted', [
      'bucket',
    ]),
  };
  readonly #passes = {
    state: this.#gauge('pass_state', '1 for the state that a pass is in', ['bucket', 'kind', 'state']),
    objects: this.#gauge('pass_objects', 'Objects that a pass has settled', ['bucket', 'kind', 'outcome']),
    bytes: this.#gauge('pass_bytes', 'Bytes of objects that a pass has settled', [
      'bucket',
      'kind',
      'outcome',
    ]),
    expectedObjects: this.#gauge('pass_expected_objects', 'Objects that the shadow is thought to have', [
      'bucket',
      'kind',
    ]),
    expectedBytes: this.#gauge('pass_expected_bytes', 'Bytes that the shadow is thought to have', [
      'bucket',
      'kind',
    ]),
    doneObjects: this.#gauge('pass_done_objects', 'Of these, objects that need no more work', [
      'bucket',
      'kind',
    ]),
    doneBytes: this.#gauge('pass_done_bytes', 'Of these, bytes that need no more work', ['bucket', 'kind']),
    remaining: this.#gauge('pass_remaining_seconds', 'Until a pass ends at the rate that it has', [
      'bucket',
      'kind',
    ]),
    ranges: this.#gauge('pass_ranges', 'Ranges of keys of a pass', ['bucket', 'kind', 'state']),
    workers: this.#gauge('pass_workers', 'Processes that work on a pass', ['bucket', 'kind']),
  };
  readonly #ofBuckets = [this.#behind, ...Object.values(this.#keys), ...Object.values(this.#passes)];

  readonly #highest = new Map<string, number>();

  constructor(private readonly names: BoundedNames) {}

  show({ readAt, gateways, queue, jobs, buckets }: StateFigures): void {
    this.#readAt.set(readAt / 1_000);
    this.#gateways.set(gateways);
    for (const [state, length] of Object.entries(queue)) this.#queue.set({ state }, length);
    for (const { status, phase, count } of jobs) this.#jobs.set({ status, phase }, count);
    for (const gauge of this.#ofBuckets) gauge.reset();
    this.#highest.clear();
    for (const figures of buckets) {
      const bucket = this.names.labelOf(figures.bucket);
      this.#behind.inc({ bucket }, figures.behind);
      this.#showKeys(bucket, figures.keys, readAt);
      for (const progress of figures.passes) this.#showPass(bucket, progress);
    }
  }

  #showKeys(bucket: string, figures: KeyFigures, readAt: number): void {
    const { tombstones, repairs, oldestRepair, intents, copies, partly } = this.#keys;
    tombstones.inc({ bucket }, figures.tombstones);
    repairs.inc({ bucket }, figures.repairs);
    intents.inc({ bucket }, figures.intents);
    copies.inc({ bucket }, figures.copies);
    this.#raise(partly, { bucket }, figures.isWhole ? 0 : 1);
    this.#raise(oldestRepair, { bucket }, Math.max(0, readAt - (figures.oldestRepairAt ?? readAt)) / 1_000);
  }

  #showPass(bucket: string, { pass, tally, total, done, etaMs, workers }: Progress): void {
    const of = { bucket, kind: pass.kind };
    const gauges = this.#passes;
    gauges.state.inc({ ...of, state: pass.state });
    for (const [outcome, { objects, bytes }] of Object.entries(tally.counts)) {
      gauges.objects.inc({ ...of, outcome }, objects);
      gauges.bytes.inc({ ...of, outcome }, bytes);
    }
    gauges.expectedObjects.inc(of, total.objects);
    gauges.expectedBytes.inc(of, total.bytes);
    gauges.doneObjects.inc(of, done.objects);
    gauges.doneBytes.inc(of, done.bytes);
    gauges.ranges.inc({ ...of, state: 'done' }, pass.finished);
    gauges.ranges.inc({ ...of, state: 'left' }, Math.max(0, pass.plan.ranges - pass.finished));
    gauges.workers.inc(of, workers.length);
    if (etaMs !== undefined) this.#raise(gauges.remaining, of, etaMs / 1_000);
  }

  /** Of buckets that share a label, the highest; all else of them is summed up. */
  #raise(gauge: Gauge, labels: Readonly<Record<string, string>>, value: number): void {
    const name = JSON.stringify([labels, this.#ofBuckets.indexOf(gauge)]);
    const highest = Math.max(value, this.#highest.get(name) ?? value);
    this.#highest.set(name, highest);
    gauge.set(labels, highest);
  }

  #gauge(name: string, help: string, labelNames: readonly string[] = []): Gauge {
    return new Gauge({ name: `penumbra_${name}`, help, labelNames, registers: [this.registry] });
  }
}
