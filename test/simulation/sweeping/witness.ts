import {
  isActive,
  type Pass,
  passSchema,
  type Range,
  rangeSchema,
} from '../../../src/state/passes/pass-record.js';
import { OUTCOMES, type Outcome, type Tally as PassTally, sumOf } from '../../../src/state/passes/tally.js';
import type { MemoryKv } from '../memory-kv.js';
import type { Monitor } from '../monitor.js';
import { BUCKET_ID } from '../record.js';
import type { Tally } from '../tally.js';

interface Surroundings {
  readonly kv: MemoryKv;
  readonly monitor: Monitor;
  readonly tally: Tally;
  readonly keys: readonly string[];
}

/** Looks at the sweep in the state whenever something is stored: it may neither lose a range, nor count a key twice, nor go on unasked. */
export class SweepWitness {
  #told: Pass | undefined;
  /** Somebody who died may yet be heard. */
  #isUncertain = false;
  #run: string | undefined;
  /** What the shadow has had since the pass began. */
  #listed = new Set<string>();
  readonly #owners = new Map<string, string | undefined>();

  constructor(private readonly surroundings: Surroundings) {
    const { kv } = surroundings;
    kv.watch('', () => this.#lookAtShadow());
    kv.watch('pass/', () => this.#look());
    kv.watch('range/', () => this.#look());
  }

  get pass(): Pass | undefined {
    const value = this.surroundings.kv.peek(`pass/${BUCKET_ID}/sweep`);
    return value === undefined ? undefined : passSchema.parse(JSON.parse(value));
  }

  /** From now on it may be in any state. */
  isAskedFor(): void {
    this.#told = undefined;
  }

  /** The operator has seen the pass so: that stays until it asks for something else. */
  told(pass: Pass): void {
    if (!this.#isUncertain) this.#told = pass;
  }

  /** What was asked for may be done later, or never. */
  toldNothing(): void {
    this.#isUncertain = true;
  }

  #lookAtShadow(): void {
    const { keys, monitor } = this.surroundings;
    for (const key of keys) if (monitor.has('shadow', key)) this.#listed.add(key);
  }

  #look(): void {
    const { pass } = this;
    if (!pass) return;
    if (pass.run !== this.#run) {
      this.#run = pass.run;
      this.#listed = new Set();
      this.#lookAtShadow();
    }
    const ranges = this.#rangesOf(pass);
    this.#count(pass, ranges);
    const wrong = this.#wrongWith(pass, ranges);
    if (wrong !== undefined) this.surroundings.monitor.note(wrong);
  }

  #wrongWith(pass: Pass, ranges: readonly Range[]): string | undefined {
    const { state, plan, finished } = pass;
    const told = this.#told;
    if (told?.state === 'stopped' && (state !== 'stopped' || pass.run !== told.run))
      return `a sweep that was stopped is ${state}`;
    if (told?.state === 'paused' && (isActive(pass) || pass.run !== told.run))
      return `a sweep that was paused is ${state}`;
    if (plan.isComplete && finished + ranges.length !== plan.ranges)
      return `of ${plan.ranges} ranges ${finished} are gone through and ${ranges.length} are left`;
    // What is tried again counts as failed until that has ended.
    const first = ranges.filter(({ page }) => page === undefined);
    const tally = first.reduce((sum, range) => sumOf(sum, range.tally), pass.tally);
    const counted = objectsIn(tally);
    if (counted > this.#listed.size) return `${counted} keys were counted, of ${this.#listed.size}`;
    if (OUTCOMES.some((outcome) => countIn(tally, outcome) < 0)) return 'less than no key was counted';
    if (state === 'done' && ranges.length > 0) return 'a sweep is done before all its ranges are';
    return undefined;
  }

  #rangesOf({ run }: Pass): Range[] {
    const prefix = `range/${BUCKET_ID}/sweep/${run}/`;
    return this.surroundings.kv.peekAll(prefix).map((value) => rangeSchema.parse(JSON.parse(value)));
  }

  /** What there was to see. */
  #count({ state, tally, number }: Pass, ranges: readonly Range[]): void {
    const count = (name: string) => this.surroundings.tally.count('rule', name);
    count(`sweep ${state}`);
    if (state === 'done')
      for (const outcome of OUTCOMES) if (countIn(tally, outcome) > 0) count(`sweep counted ${outcome}`);
    if (number > 1) count('sweep followed another');
    for (const { id, owner, open, attempts } of ranges) {
      const name = `${this.#run}/${id}`;
      const before = this.#owners.get(name);
      if (before !== undefined && owner && owner.id !== before) count('range taken over');
      this.#owners.set(name, owner?.id);
      if (open.length > 0 && !owner) count('range left with open keys');
      if (attempts > 0) count('range broke off');
    }
  }
}

const countIn = ({ counts }: PassTally, outcome: Outcome): number => counts[outcome]?.objects ?? 0;

export const objectsIn = (tally: PassTally): number =>
  OUTCOMES.reduce((sum, outcome) => sum + countIn(tally, outcome), 0);
