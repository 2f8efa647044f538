import type { Clock } from '../../system/clock.js';
import type { Kv, KvCommit, KvSet } from '../kv.js';
import { untilDone } from '../record-store.js';
import {
  type Finding,
  findingSchema,
  KINDS,
  type Pass,
  type PassKind,
  passSchema,
  type Range,
  type RangeRef,
  rangeSchema,
} from './pass-record.js';
import { type Settled, sumOf, without } from './tally.js';

const PAGE = 500;
/** A page of findings whose keys have 1,024 bytes stays far below the 1 MiB that a value may have. */
export const FINDINGS_PER_PAGE = 200;

/** A range as its owner has it: whatever it saves is lost when another took the range over. */
export interface HeldRange {
  readonly ref: RangeRef;
  readonly range: Range;
  readonly version: string;
}

/** Findings that are stored together: those of one range, one page after the other. */
export interface FindingPage {
  readonly id: string;
  readonly findings: readonly Finding[];
}

export interface FinishedRange {
  /** What was cut off, for others. */
  readonly rest?: readonly Range[];
  readonly pages?: readonly FindingPage[];
  /** What failed before and was tried again here. */
  readonly tried?: Tried;
}

interface Tried {
  /** The page that tells of it. */
  readonly page: string;
  readonly keys: ReadonlySet<string>;
}

/**
 * Passes over buckets, as they outlive a process: one record for a pass, one for each range that is not gone through yet, and pages of findings. Never an
 * entry for an object: a bucket costs the state a few hundred bytes for each range that is left.
 *
 * @throws KvUnavailable from every method
 */
export class Passes {
  constructor(
    private readonly kv: Kv,
    private readonly clock: Clock,
  ) {}

  async get(bucketId: string, kind: PassKind): Promise<Pass | undefined> {
    return (await this.#find(bucketId, kind))?.pass;
  }

  /** Of all buckets. */
  async all(): Promise<Pass[]> {
    const passes: Pass[] = [];
    for await (const { value } of this.#entries('pass/')) passes.push(passSchema.parse(JSON.parse(value)));
    return passes;
  }

  /** Calls back when a pass may have changed. Returns the function that ends it. */
  onChange(listener: () => void): () => void {
    return this.kv.watch('pass/', () => listener());
  }

  /** Makes the pass `next` of what is there, and adds ranges to it; resolves to what is there then. `undefined`: leave it as it is. */
  async change(
    bucketId: string,
    kind: PassKind,
    next: (pass: Pass | undefined) => Pass | undefined,
    ranges: readonly Range[] = [],
  ): Promise<Pass | undefined> {
    return untilDone(`the ${kind} of ${bucketId}`, async () => {
      const found = await this.#find(bucketId, kind);
      const pass = next(found?.pass);
      if (pass === undefined) return found?.pass;
      const key = passKey(bucketId, kind);
      const checks = [{ key, version: found?.version ?? null }];
      const sets = [{ key, value: JSON.stringify(pass) }, ...ranges.map((range) => rangeSet(pass, range))];
      return (await this.kv.commit({ checks, sets })) === null ? 'retry' : pass;
    });
  }

  /**
   * Adds a range to this very pass and makes another of it, as `next` tells of what is there; `undefined`: leave it as it is. It is asked again when the pass has
   * changed meanwhile, and of one that is planned no range comes or goes without that. Resolves to the range that was added.
   */
  async extend(
    { bucketId, kind, run }: RunRef,
    next: (pass: Pass) => Promise<{ readonly pass: Pass; readonly range: Range } | undefined>,
  ): Promise<Range | undefined> {
    return untilDone(`the ${kind} of ${bucketId}`, async () => {
      const found = await this.#find(bucketId, kind);
      const extended = found?.pass.run === run ? await next(found.pass) : undefined;
      if (!found || !extended) return undefined;
      const { pass, range } = extended;
      const key = passKey(bucketId, kind);
      const checks = [{ key, version: found.version }];
      const sets = [{ key, value: JSON.stringify(pass) }, rangeSet(pass, range)];
      return (await this.kv.commit({ checks, sets })) === null ? 'retry' : range;
    });
  }

  /** The ranges of a pass that are not gone through, and whose ids begin so. */
  async *ranges(pass: RunRef, idPrefix = ''): AsyncGenerator<Range> {
    for await (const { value } of this.#entries(`${rangeSpace(pass)}/${idPrefix}`))
      yield rangeSchema.parse(JSON.parse(value));
  }

  async range(ref: RangeRef): Promise<Range | undefined> {
    const entry = await this.kv.get(rangeKey(ref));
    return entry ? rangeSchema.parse(JSON.parse(entry.value)) : undefined;
  }

  async addRanges(pass: Pass, ranges: readonly Range[]): Promise<void> {
    for (let from = 0; from < ranges.length; from += PAGE)
      await this.kv.commit({ sets: ranges.slice(from, from + PAGE).map((range) => rangeSet(pass, range)) });
  }

  /**
   * Makes `next` of the pass, with `ranges` in the place of all that others may have begun to plan. False where `next` is undefined: then whoever
   * asks is no longer the one to plan, and no range of another's plan is touched.
   */
  async plan(
    pass: Pass,
    ranges: readonly Range[],
    next: (found: Pass | undefined) => Pass | undefined,
  ): Promise<boolean> {
    if (!(await this.#clearRanges(pass, next))) return false;
    for (let from = 0; from < ranges.length; from += PAGE) {
      const sets = ranges.slice(from, from + PAGE).map((range) => rangeSet(pass, range));
      if (!(await this.#commitWhile(pass, next, { sets }))) return false;
    }
    let planned: Pass | undefined;
    await this.change(pass.bucketId, pass.kind, (found) => {
      planned = next(found);
      return planned;
    });
    return planned !== undefined;
  }

  async #clearRanges(pass: Pass, next: (found: Pass | undefined) => Pass | undefined): Promise<boolean> {
    for (;;) {
      const entries = await this.kv.list({ prefix: `${rangeSpace(pass)}/`, limit: PAGE });
      if (entries.length === 0) return true;
      const deletes = entries.map(({ key }) => key);
      if (!(await this.#commitWhile(pass, next, { deletes }))) return false;
    }
  }

  /** Commits as long as the pass is one of which `next` makes another. */
  async #commitWhile(
    { bucketId, kind }: Pass,
    next: (found: Pass | undefined) => Pass | undefined,
    commit: KvCommit,
  ): Promise<boolean> {
    return untilDone(`the ${kind} of ${bucketId}`, async () => {
      const found = await this.#find(bucketId, kind);
      if (!found || !next(found.pass)) return false;
      const checks = [{ key: passKey(bucketId, kind), version: found.version }];
      return (await this.kv.commit({ ...commit, checks })) === null ? 'retry' : true;
    });
  }

  /** Takes a range for `leaseMs`; undefined when another has it, or it is gone through. */
  async claim(ref: RangeRef, owner: string, leaseMs: number): Promise<HeldRange | undefined> {
    const key = rangeKey(ref);
    const entry = await this.kv.get(key);
    if (!entry) return undefined;
    const range = rangeSchema.parse(JSON.parse(entry.value));
    const now = this.clock.now();
    if ((range.owner !== undefined && range.owner.until > now) || range.notBefore > now) return undefined;
    return this.save(
      { ref, range, version: entry.version },
      { ...range, owner: { id: owner, until: now + leaseMs } },
    );
  }

  /** What the owner has come to. Undefined: another has the range, or its pass is over. */
  async save(
    held: HeldRange,
    range: Range,
    pages: readonly FindingPage[] = [],
  ): Promise<HeldRange | undefined> {
    const { ref, version } = held;
    const key = rangeKey(ref);
    const sets = [{ key, value: JSON.stringify(range) }, ...pages.map((page) => findingSet(ref, page))];
    const saved = await this.kv.commit({ checks: [{ key, version }], sets });
    return saved === null ? undefined : { ref, range, version: saved };
  }

  /**
   * Adds a range that was gone through to what its pass has come to, and ends the pass with the last one unless an operator has paused or stopped
   * it. False: another has the range, or the pass is another now.
   */
  async finish(
    held: HeldRange,
    range: Range,
    { rest = [], pages = [], tried }: FinishedRange,
  ): Promise<boolean> {
    const { ref, version } = held;
    const key = rangeKey(ref);
    return untilDone(`the ${ref.kind} of ${ref.bucketId}`, async () => {
      const found = await this.#find(ref.bucketId, ref.kind);
      if (found?.pass.run !== ref.run) return false;
      const { pass } = found;
      const { undone, sets, deletes } = await this.#undone(ref, tried);
      const finished = pass.finished + 1;
      const ranges = pass.plan.ranges + rest.length;
      const isLast = pass.plan.isComplete && finished >= ranges;
      const next: Pass = {
        ...pass,
        finished,
        plan: { ...pass.plan, ranges },
        tally: sumOf(without(pass.tally, undone), range.tally),
        kept: pass.kept + range.kept - undone.length,
        spilled: pass.spilled + range.spilled,
        ...(isLast &&
          pass.state === 'running' && { state: 'done', finishedAt: this.clock.now(), lastError: undefined }),
      };
      const passEntry = passKey(ref.bucketId, ref.kind);
      const committed = await this.kv.commit({
        checks: [
          { key, version },
          { key: passEntry, version: found.version },
        ],
        sets: [
          { key: passEntry, value: JSON.stringify(next) },
          ...rest.map((one) => rangeSet(pass, one)),
          ...pages.map((page) => findingSet(ref, page)),
          ...sets,
        ],
        deletes: [key, ...deletes],
      });
      if (committed !== null) return true;
      const now = await this.kv.get(key);
      return now?.version === version ? 'retry' : false;
    });
  }

  /** What was counted as failed and was tried again, and what makes the page that told of it tell of the rest. */
  async #undone(ref: RangeRef, tried: Tried | undefined) {
    if (!tried) return { undone: [], sets: [], deletes: [] };
    const { id, findings } = await this.findingPage(ref, tried.page);
    const isTried = ({ key, what }: Finding) => what === 'failed' && tried.keys.has(key);
    const undone = findings.filter(isTried).map((finding): Settled => ({ ...finding, outcome: 'failed' }));
    const rest = findings.filter((finding) => !isTried(finding));
    return rest.length > 0
      ? { undone, sets: [findingSet(ref, { id, findings: rest })], deletes: [] }
      : { undone, sets: [], deletes: [findingKey(ref, id)] };
  }

  /** Pages of findings, in the order of their ids, from the one behind `after`. */
  async *findings(pass: Pass, after?: string): AsyncGenerator<FindingPage> {
    const space = `${findingSpace(pass)}/`;
    for await (const { key, value } of this.#entries(
      space,
      after === undefined ? undefined : `${space}${after}\0`,
    ))
      yield { id: key.slice(space.length), findings: readFindings(value) };
  }

  async findingPage(pass: RunRef, id: string): Promise<FindingPage> {
    const entry = await this.kv.get(findingKey(pass, id));
    return { id, findings: entry ? readFindings(entry.value) : [] };
  }

  /** Forgets the ranges and findings of a pass, whose place another takes. */
  async clear(pass: RunRef): Promise<void> {
    for (const space of [rangeSpace(pass), findingSpace(pass)]) await this.#deleteAll(`${space}/`);
  }

  /** Forgets all passes over a bucket. */
  async forget(bucketId: string): Promise<void> {
    await this.kv.commit({ deletes: KINDS.map((kind) => passKey(bucketId, kind)) });
    for (const space of ['range', 'finding']) await this.#deleteAll(`${space}/${bucketId}/`);
  }

  async #find(bucketId: string, kind: PassKind): Promise<{ pass: Pass; version: string } | undefined> {
    const entry = await this.kv.get(passKey(bucketId, kind));
    return entry ? { pass: passSchema.parse(JSON.parse(entry.value)), version: entry.version } : undefined;
  }

  async *#entries(prefix: string, start?: string) {
    let from = start;
    for (;;) {
      const entries = await this.kv.list({ prefix, limit: PAGE, ...(from !== undefined && { start: from }) });
      yield* entries;
      const last = entries.at(-1);
      if (entries.length < PAGE || !last) return;
      from = `${last.key}\0`;
    }
  }

  async #deleteAll(prefix: string): Promise<void> {
    for (;;) {
      const entries = await this.kv.list({ prefix, limit: PAGE });
      if (entries.length === 0) return;
      await this.kv.commit({ deletes: entries.map(({ key }) => key) });
    }
  }
}

type RunRef = Pick<Pass, 'bucketId' | 'kind' | 'run'>;

const passKey = (bucketId: string, kind: PassKind): string => `pass/${bucketId}/${kind}`;

const rangeSpace = ({ bucketId, kind, run }: RunRef): string => `range/${bucketId}/${kind}/${run}`;
const rangeKey = (ref: RangeRef): string => `${rangeSpace(ref)}/${ref.range}`;
const rangeSet = (pass: RunRef, range: Range): KvSet => ({
  key: rangeKey({ ...pass, range: range.id }),
  value: JSON.stringify(range),
});

const findingSpace = ({ bucketId, kind, run }: RunRef): string => `finding/${bucketId}/${kind}/${run}`;
const findingKey = (pass: RunRef, id: string): string => `${findingSpace(pass)}/${id}`;
const findingSet = (pass: RunRef, { id, findings }: FindingPage): KvSet => ({
  key: findingKey(pass, id),
  value: JSON.stringify(findings),
});

const readFindings = (value: string): Finding[] => findingSchema.array().parse(JSON.parse(value));
