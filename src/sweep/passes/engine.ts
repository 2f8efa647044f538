import { KvUnavailable } from '../../state/kv.js';
import type { Finding, Limits, Pass, Range, RangeRef, Waits } from '../../state/passes/pass-record.js';
import type { Passes } from '../../state/passes/passes.js';
import type { Clock } from '../../system/clock.js';
import type { Logger } from '../../system/logger.js';
import { Repeating } from '../../system/repeating.js';
import type { Delivery } from '../delivery/delivery.js';
import type { KeyRange, Row } from '../row.js';
import { isFollowed, nameOfPass, nextPass } from './next-pass.js';
import type { PassWork } from './pass-work.js';
import { type PlannedBucket, Planner } from './planner.js';
import { RANGE_LEASE_MS, runRange } from './run-range.js';

/** What a pass goes over, as this process reaches it now. */
export interface PassBucket extends PlannedBucket {
  /** Both listings of a stretch. */
  rows(range: KeyRange, signal: AbortSignal): AsyncGenerator<Row>;
  /** Cuts a stretch in ranges of about so many objects, or gives it back as it is. */
  split(range: KeyRange, rangeObjects: number, signal: AbortSignal): Promise<readonly KeyRange[]>;
  readonly work: PassWork;
  /** How fast it may go, with effect at once; of that this process has a share, from 0 to 1, as others come and go. */
  setPace(limits: Limits, share: number): void;
  /** What the next key waits for, if it does. */
  waits(): Waits | undefined;
}

export interface EngineOptions {
  readonly passes: Passes;
  readonly delivery: Delivery;
  /** Undefined while the bucket cannot be worked on: its shadow is just being set, or is gone. */
  readonly open: (pass: Pass) => Promise<PassBucket | undefined>;
  /** Keeps findings that have no room in the state, and tells where. */
  readonly spill: (pass: Pass, findings: readonly Finding[]) => Promise<string>;
  /** Of this process, among all that work on passes. */
  readonly id: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** How often what is left is announced, ms. */
const TICK_MS = 2_000;
/** Ranges of one pass that are announced at once: more are there when these are gone. */
const ANNOUNCED = 200;
/** Ranges that one process works on at once. */
const AT_ONCE = 4;
/** Findings that the state holds of one pass. */
const MAX_KEPT = 100_000;

interface OpenPass {
  /** As it was when its bucket was opened. */
  readonly pass: Pass;
  readonly bucket: PassBucket;
  readonly stop: AbortController;
  /** Ranges of it that this process works on. */
  working: number;
}

/**
 * Works on passes in this process, beside any number of others: announces ranges that nobody has, goes through those that it is brought, and
 * leaves them when their pass is paused, stopped or replaced.
 */
export class Engine {
  readonly #closing = new AbortController();
  readonly #open = new Map<string, OpenPass>();
  #passes = new Map<string, Pass>();
  /** Findings of ranges that are not gone through yet, by pass. */
  readonly #keptByRanges = new Map<string, number>();
  readonly #planner: Planner;
  readonly #looking: Repeating;
  #unwatch: () => void = () => undefined;

  constructor(private readonly options: EngineOptions) {
    const { clock } = options;
    this.#planner = new Planner({ ...options, signal: this.#closing.signal });
    this.#looking = new Repeating({ clock, everyMs: TICK_MS, action: () => this.#look() });
  }

  start(): void {
    const { passes, delivery } = this.options;
    this.#unwatch = passes.onChange(() => this.#looking.wake());
    delivery.start((ref, signal) => this.#handle(ref, signal), AT_ONCE);
    this.#looking.start();
  }

  /** Resolves when all copies under way have ended. */
  async close(): Promise<void> {
    this.#unwatch();
    this.#closing.abort();
    const looked = this.#looking.stop();
    for (const { stop } of this.#open.values()) stop.abort();
    await this.options.delivery.close();
    await looked;
    await this.#planner.allEnded();
    for (const name of [...this.#open.keys()]) this.#shut(name);
  }

  async #look(): Promise<void> {
    try {
      await this.#tick();
    } catch (error) {
      if (!(error instanceof KvUnavailable))
        this.options.log.error({ err: error }, 'passes could not be looked after; it is tried again');
    }
  }

  async #tick(): Promise<void> {
    const all = await this.options.passes.all();
    this.#passes = new Map(all.map((pass) => [nameOfPass(pass), pass]));
    for (const [name, open] of this.#open) {
      const pass = this.#passes.get(name);
      if (pass?.state !== 'running' || !isSameWork(pass, open.pass)) this.#leave(name);
    }
    for (const pass of all) await this.#lookAfter(pass);
  }

  async #lookAfter(pass: Pass): Promise<void> {
    if (pass.state === 'planning') this.#planner.begin(pass);
    else if (pass.state === 'running') await this.#announce(pass);
    else if (isFollowed(pass)) await this.#followUp(pass);
  }

  async #announce(pass: Pass): Promise<void> {
    const { passes, delivery, clock, id } = this.options;
    const now = clock.now();
    const refs: RangeRef[] = [];
    let [held, own, kept] = [0, 0, 0];
    for await (const range of passes.ranges(pass)) {
      if (refs.length >= ANNOUNCED) break;
      const isHeld = range.owner !== undefined && range.owner.until > now;
      if (isHeld) held += 1;
      if (isHeld && range.owner?.id === id) own += 1;
      kept += range.kept;
      if (!isHeld && range.notBefore <= now) refs.push(refTo(pass, range));
    }
    this.#keptByRanges.set(nameOfPass(pass), kept);
    const share = Math.max(own, 1) / Math.max(held, 1);
    this.#open.get(nameOfPass(pass))?.bucket.setPace(pass.settings.limits, Math.min(share, 1));
    await delivery.announce(refs);
  }

  async #handle(ref: RangeRef, signal: AbortSignal): Promise<void> {
    const name = nameOfPass(ref);
    const pass = this.#passes.get(name) ?? (await this.options.passes.get(ref.bucketId, ref.kind));
    if (pass?.run !== ref.run || pass.state !== 'running') return;
    const open = await this.#opened(pass);
    if (!open) return;
    open.working += 1;
    try {
      await this.#work(ref, open, AbortSignal.any([signal, open.stop.signal]));
    } finally {
      open.working -= 1;
      if (open.working === 0 && open.stop.signal.aborted) this.#shut(name, open);
      this.#looking.wake();
    }
  }

  async #work(ref: RangeRef, { bucket }: OpenPass, signal: AbortSignal): Promise<void> {
    const { passes, clock, log, id } = this.options;
    const held = await passes.claim(ref, id, RANGE_LEASE_MS);
    if (!held) return;
    const name = nameOfPass(ref);
    await runRange(held, {
      passes,
      work: bucket.work,
      rows: (range, until) => bucket.rows(range, until),
      split: (range, rangeObjects, until) => bucket.split(range, rangeObjects, until),
      waits: () => bucket.waits(),
      room: () => MAX_KEPT - (this.#passes.get(name)?.kept ?? 0) - (this.#keptByRanges.get(name) ?? 0),
      spill: (findings) => this.#spill(ref, findings),
      clock,
      log,
      signal,
    });
  }

  async #spill(ref: RangeRef, findings: readonly Finding[]): Promise<void> {
    const { passes, spill } = this.options;
    const pass = this.#passes.get(nameOfPass(ref));
    if (!pass) return;
    const spilledTo = await spill(pass, findings);
    if (pass.spilledTo === undefined)
      await passes.change(ref.bucketId, ref.kind, (now) =>
        now?.run === ref.run ? { ...now, spilledTo } : undefined,
      );
  }

  /** The bucket of a pass, opened once for all its ranges. */
  async #opened(pass: Pass): Promise<OpenPass | undefined> {
    const name = nameOfPass(pass);
    const known = this.#open.get(name);
    if (known && isSameWork(known.pass, pass) && !known.stop.signal.aborted) return known;
    const bucket = await this.options.open(pass);
    if (!bucket || this.#closing.signal.aborted) return undefined;
    const other = this.#open.get(name);
    if (other && isSameWork(other.pass, pass) && !other.stop.signal.aborted) {
      bucket.close();
      return other;
    }
    if (other) this.#leave(name);
    const open = { pass, bucket, stop: new AbortController(), working: 0 };
    this.#open.set(name, open);
    return open;
  }

  #leave(name: string): void {
    const open = this.#open.get(name);
    open?.stop.abort();
    if (open?.working === 0) this.#shut(name, open);
  }

  #shut(name: string, open = this.#open.get(name)): void {
    open?.bucket.close();
    if (this.#open.get(name) === open) this.#open.delete(name);
  }

  /** Another pass after one that found something to copy. */
  async #followUp(pass: Pass): Promise<void> {
    const { passes, clock } = this.options;
    const next = nextPass(pass, { settings: pass.settings, now: clock.now() });
    const now = await passes.change(pass.bucketId, pass.kind, (found) =>
      found?.run === pass.run && found.state === 'done' ? next : undefined,
    );
    if (now?.run === next.run) await passes.clear(pass);
  }
}

/** Limits change while ranges are worked on; what becomes of a key is settled when the bucket is opened. */
const isSameWork = (one: Pass, other: Pass): boolean =>
  one.run === other.run && one.settings.onDrift === other.settings.onDrift;

const refTo = ({ bucketId, kind, run }: Pass, { id }: Range): RangeRef => ({
  bucketId,
  kind,
  run,
  range: id,
});
