import { setMaxListeners } from 'node:events';
import { BackendUnavailable } from '../../backends/backend.js';
import { compareKeys, nameBefore } from '../../s3/keys.js';
import { ListingRefused } from '../../shadow/listing/store-page.js';
import { KvUnavailable } from '../../state/kv.js';
import type { Finding, NamedKey, Range, Waits } from '../../state/passes/pass-record.js';
import { FINDINGS_PER_PAGE, type HeldRange, type Passes } from '../../state/passes/passes.js';
import { countOfAll, EMPTY_TALLY } from '../../state/passes/tally.js';
import type { Clock } from '../../system/clock.js';
import type { Logger } from '../../system/logger.js';
import { unlessAborted } from '../../system/unless-aborted.js';
import type { KeyRange, Row } from '../row.js';
import type { PassWork } from './pass-work.js';
import { type Ended, pageId, type Snapshot, Tracker } from './tracker.js';

/** How long a range is its owner's without a word from it, ms. */
export const RANGE_LEASE_MS = 30_000;
/** How often what it has come to is stored, ms; and how often at least, so that the lease lasts. */
const SAVE_MS = 1_000;
const RENEW_MS = 10_000;
/** Keys of one range that are begun and not ended. */
const MAX_UNDER_WAY = 256;
/**
 * A range that has more than so many times what it was thought to have is cut, if it has so many keys at least. Where names are even it is never: plans
 * are out by a fifth there.
 */
const TOO_LARGE = 1.5;
const MIN_CUT = 10_000;
/** Before a range that broke off is tried again, ms: twice as long each time, at most. */
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;

export interface RangeRun {
  readonly passes: Passes;
  readonly work: PassWork;
  /** Both listings of a stretch. */
  readonly rows: (range: KeyRange, signal: AbortSignal) => AsyncGenerator<Row>;
  /** Cuts a stretch in ranges of about so many objects, or gives it back as it is. */
  readonly split: (
    range: KeyRange,
    rangeObjects: number,
    signal: AbortSignal,
  ) => Promise<readonly KeyRange[]>;
  /** What the next key waits for, if it does. */
  readonly waits: () => Waits | undefined;
  /** How many more findings the state may hold. */
  readonly room: () => number;
  /** Keeps findings for which the state has no room; resolves to where. */
  readonly spill: (findings: readonly Finding[]) => Promise<void>;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'debug' | 'warn'>;
  /** Nothing more is to be begun; what was begun ends. */
  readonly signal: AbortSignal;
}

/** How a range was left: gone through; for others to go on with; or another has it already. */
export type RangeEnd = 'finished' | 'left' | 'lost';

/** Goes through a range that was claimed, from where it stands, and stores what comes of it. */
export async function runRange(held: HeldRange, run: RangeRun): Promise<RangeEnd> {
  const { range, ref } = held;
  const page = range.kept % FINDINGS_PER_PAGE;
  const { findings } =
    page === 0
      ? { findings: [] }
      : await run.passes.findingPage(ref, pageId(range.id, Math.floor(range.kept / FINDINGS_PER_PAGE)));
  const tracker = new Tracker({
    range,
    page: findings.slice(0, page),
    room: run.room,
    now: () => run.clock.now(),
  });
  return new RangeRunner(held, run, tracker).run();
}

class RangeRunner {
  #held: HeldRange;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  #isLost = false;
  #rate: { objects: number; bytes: number } | undefined;

  constructor(
    held: HeldRange,
    private readonly parts: RangeRun,
    private readonly tracker: Tracker,
  ) {
    this.#held = held;
    this.#signal = AbortSignal.any([parts.signal, this.#stop.signal]);
    // Each key of the range listens for it.
    setMaxListeners(0, this.#signal);
  }

  async run(): Promise<RangeEnd> {
    const over = new AbortController();
    const saving = this.#keepSaving(over.signal);
    // What it comes to can be kept nowhere.
    saving.catch(() => this.#stop.abort());
    let rest: readonly KeyRange[] | undefined;
    let problem: string | undefined;
    try {
      const left = await this.#goThrough();
      await this.tracker.allEnded();
      this.tracker.throwIfRejected();
      rest = left;
    } catch (error) {
      if (!this.#signal.aborted) problem = problemOf(error);
    } finally {
      await this.tracker.allEnded();
      over.abort();
      await saving;
    }
    if (this.#isLost) return 'lost';
    return rest && !this.#signal.aborted ? this.#finish(rest) : this.#leave(problem);
  }

  get #range(): Range {
    return this.#held.range;
  }

  /** Resolves to what is left for others, once all keys have been begun. */
  async #goThrough(): Promise<readonly KeyRange[]> {
    const { work } = this.parts;
    const signal = this.#signal;
    const { after, upTo, cursor, open, keys } = this.#range;
    if (keys) {
      for (const key of open) this.tracker.addOpen(key, work.again(key, 0, signal));
      const done = cursor === undefined ? 0 : keys.findIndex(({ key }) => key === cursor) + 1;
      for (const one of keys.slice(done)) await this.#add(one.key, () => this.#again(one));
      return [];
    }
    await this.#judgeOpen(open, cursor);
    let begun = 0;
    const { planned } = this.#range;
    const mostKeys = Math.max(TOO_LARGE * planned, MIN_CUT);
    for await (const row of this.parts.rows({ after: cursor ?? after, upTo }, signal)) {
      await this.#add(row.key, () => work.judge(row, signal));
      begun += 1;
      if (begun >= mostKeys) return this.parts.split({ after: row.key, upTo }, planned, signal);
    }
    return [];
  }

  /** Keys that were left open are judged by what both stores list of them now. */
  async #judgeOpen(open: readonly string[], cursor: string | undefined): Promise<void> {
    const { work, rows } = this.parts;
    const [first] = [...open].sort(compareKeys);
    if (first === undefined) return;
    const left = new Set(open);
    for await (const row of rows({ after: nameBefore(first), upTo: cursor }, this.#signal))
      if (left.delete(row.key)) this.tracker.addOpen(row.key, work.judge(row, this.#signal));
    for (const key of left) this.tracker.addOpen(key, work.again(key, 0, this.#signal));
  }

  /** Attempts that were made before count as well. */
  async #again({ key, size = 0, attempts = 0 }: NamedKey): Promise<Ended> {
    const ended = await this.parts.work.again(key, size, this.#signal);
    return { ...ended, attempts: (ended.attempts ?? 1) + attempts };
  }

  async #add(key: string, begin: () => ReturnType<PassWork['judge']>): Promise<void> {
    while (this.tracker.underWay >= MAX_UNDER_WAY) await this.tracker.next();
    this.#signal.throwIfAborted();
    this.tracker.throwIfRejected();
    this.tracker.add(key, begin());
  }

  async #keepSaving(over: AbortSignal): Promise<void> {
    const { clock } = this.parts;
    let before = { at: clock.now(), ...this.tracker.settled };
    while (!over.aborted && !this.#isLost) {
      await clock.sleep(SAVE_MS, over).catch(unlessAborted(over));
      if (over.aborted) return;
      const now = { at: clock.now(), ...this.tracker.settled };
      const isNew = now.objects !== before.objects || now.bytes !== before.bytes;
      if (!isNew && now.at - before.at < RENEW_MS) continue;
      this.#rate = rateOf(before, now);
      before = now;
      await this.#save();
    }
  }

  /** While the state is out of reach it is tried again, until the range may be another's. */
  async #save(): Promise<void> {
    const { passes, clock } = this.parts;
    try {
      const snapshot = await this.#taken();
      const owner = this.#range.owner && { ...this.#range.owner, until: clock.now() + RANGE_LEASE_MS };
      const saved = await passes.save(
        this.#held,
        { ...this.#at(snapshot), rate: this.#rate, waits: this.parts.waits(), owner },
        snapshot.pages,
      );
      if (saved) {
        this.#held = saved;
        this.#unsaved = undefined;
      } else this.#lose();
    } catch (error) {
      if (!(error instanceof KvUnavailable)) throw error;
      if (clock.now() > (this.#range.owner?.until ?? 0)) this.#lose();
    }
  }

  /** What was taken and could not be stored is stored with what came since. */
  #unsaved: Snapshot | undefined;

  async #taken(): Promise<Snapshot> {
    const fresh = this.tracker.snapshot();
    if (fresh.overflow.length > 0) await this.parts.spill(fresh.overflow);
    const snapshot = { ...fresh, pages: mergedPages(this.#unsaved?.pages ?? [], fresh.pages) };
    this.#unsaved = snapshot;
    return snapshot;
  }

  #lose(): void {
    this.#isLost = true;
    this.#stop.abort();
  }

  #at({ cursor, open, tally, kept, spilled }: Snapshot): Range {
    return { ...this.#range, cursor, open: [...open], tally, kept, spilled, attempts: 0, notBefore: 0 };
  }

  async #finish(rest: readonly KeyRange[]): Promise<RangeEnd> {
    const snapshot = await this.#taken();
    const { id, planned, page, keys = [] } = this.#range;
    const ranges = rest.map((stretch, index) => newRange({ ...stretch, id: `${id}.${index}`, planned }));
    const isOver = await this.parts.passes.finish(this.#held, this.#at(snapshot), {
      rest: ranges,
      pages: snapshot.pages,
      ...(page !== undefined && { tried: { page, keys: new Set(keys.map(({ key }) => key)) } }),
    });
    if (!isOver) return 'lost';
    const counted = countOfAll(snapshot.tally);
    this.parts.log.debug(
      { range: id, keys: counted, planned, cutOff: rest.length },
      'a range was gone through',
    );
    return 'finished';
  }

  /** Others may go on with it at once, or later if it broke off. */
  async #leave(problem: string | undefined): Promise<RangeEnd> {
    const { passes, clock, log } = this.parts;
    const { ref } = this.#held;
    const attempts = problem === undefined ? 0 : this.#range.attempts + 1;
    const pause = Math.min(FIRST_RETRY_MS * 2 ** (attempts - 1), LONGEST_RETRY_MS);
    const notBefore = problem === undefined ? 0 : clock.now() + pause;
    const snapshot = await this.#taken();
    const left = {
      ...this.#at(snapshot),
      owner: undefined,
      rate: undefined,
      waits: undefined,
      attempts,
      notBefore,
    };
    const saved = await passes.save(this.#held, left, snapshot.pages);
    if (problem !== undefined) {
      log.warn(
        { bucketId: ref.bucketId, range: ref.range, problem, attempts },
        'a range broke off; it is tried again',
      );
      await passes.change(ref.bucketId, ref.kind, (pass) =>
        pass?.run === ref.run ? { ...pass, lastError: problem } : undefined,
      );
    }
    return saved ? 'left' : 'lost';
  }
}

/** A range that nobody has begun. */
export const newRange = (
  range: KeyRange & Pick<Range, 'id' | 'planned'> & Partial<Pick<Range, 'keys' | 'page'>>,
): Range => ({
  ...range,
  open: [],
  tally: EMPTY_TALLY,
  kept: 0,
  spilled: 0,
  attempts: 0,
  notBefore: 0,
});

/** The later one of a page holds all that the earlier one does. */
function mergedPages(earlier: Snapshot['pages'], later: Snapshot['pages']): Snapshot['pages'] {
  const byId = new Map([...earlier, ...later].map((page) => [page.id, page]));
  return [...byId.values()];
}

interface Point {
  readonly at: number;
  readonly objects: number;
  readonly bytes: number;
}

function rateOf(before: Point, now: Point): { objects: number; bytes: number } {
  const seconds = Math.max((now.at - before.at) / 1_000, 0.001);
  return { objects: (now.objects - before.objects) / seconds, bytes: (now.bytes - before.bytes) / seconds };
}

/** What may pass by itself, in words. @throws anything else */
function problemOf(error: unknown): string {
  if (
    error instanceof ListingRefused ||
    error instanceof BackendUnavailable ||
    error instanceof KvUnavailable
  )
    return error.message;
  throw error;
}
