import { z } from 'zod';

/** What a pass found of a key, or did with it. */
export const OUTCOMES = [
  /** Of a sweep: the target had it already. */
  'present',
  'copied',
  /** Clients deleted what the shadow still has. */
  'deleted',
  /** The shadow listed it and has it no more. */
  'gone',
  'failed',
  /** Changed in the shadow after it was copied, and left so. */
  'drifted',
  /** Changed in the shadow after it was copied, and copied again. */
  'renewed',
  /** Of a verification. */
  'same',
  'different',
  'missing',
  'extra',
  /** Clients wrote the target's in place of the copy. */
  'rewritten',
  'unverifiable',
] as const;

export type Outcome = (typeof OUTCOMES)[number];

const sum = z.object({ objects: z.number(), bytes: z.number() });

export const tallySchema = z.object({
  counts: z.partialRecord(z.enum(OUTCOMES), sum),
  /** Of outcomes that have one, by `<outcome> <reason>`. */
  reasons: z.record(z.string(), z.number()),
});

export type Sum = z.infer<typeof sum>;
export type Tally = z.infer<typeof tallySchema>;

export const NOTHING: Sum = { objects: 0, bytes: 0 };
export const EMPTY_TALLY: Tally = { counts: {}, reasons: {} };

/** Beyond so many reasons all others are one. */
const MAX_REASONS = 50;
const OTHER = 'other reasons';

/** What became of one key. */
export interface Settled {
  readonly key: string;
  readonly outcome: Outcome;
  /** Of the object; 0 where it is not known. */
  readonly bytes: number;
  readonly reason?: string | undefined;
}

/** Both together. */
export function sumOf(one: Tally, other: Tally): Tally {
  const counts = { ...one.counts };
  for (const outcome of OUTCOMES) {
    const more = other.counts[outcome];
    if (more) counts[outcome] = plus(counts[outcome], more);
  }
  const reasons = { ...one.reasons };
  for (const [reason, count] of Object.entries(other.reasons)) addReason(reasons, reason, count);
  return { counts, reasons };
}

/** Counts as keys are settled. */
export class Counter {
  #tally: Tally;

  constructor(tally: Tally = EMPTY_TALLY) {
    this.#tally = { counts: { ...tally.counts }, reasons: { ...tally.reasons } };
  }

  add({ outcome, bytes, reason }: Omit<Settled, 'key'>): void {
    const { counts, reasons } = this.#tally;
    counts[outcome] = plus(counts[outcome], { objects: 1, bytes });
    if (reason !== undefined) addReason(reasons, `${outcome} ${reason}`, 1);
  }

  get tally(): Tally {
    const { counts, reasons } = this.#tally;
    return { counts: { ...counts }, reasons: { ...reasons } };
  }
}

/** A tally without what was counted once and has been settled otherwise since. */
export function without(tally: Tally, settled: readonly Settled[]): Tally {
  const counts = { ...tally.counts };
  const reasons = { ...tally.reasons };
  for (const { outcome, bytes, reason } of settled) {
    counts[outcome] = plus(counts[outcome], { objects: -1, bytes: -bytes });
    const name = `${outcome} ${reason}`;
    if (reason !== undefined) addReason(reasons, reasons[name] === undefined ? OTHER : name, -1);
  }
  return { counts, reasons: Object.fromEntries(Object.entries(reasons).filter(([, count]) => count > 0)) };
}

export const countOf = (tally: Tally, outcome: Outcome): Sum => tally.counts[outcome] ?? NOTHING;

/** Keys that were settled, whichever way. */
export const countOfAll = ({ counts }: Tally): number =>
  Object.values(counts).reduce((sum, { objects }) => sum + objects, 0);

export const plus = (one: Sum = NOTHING, other: Sum): Sum => ({
  objects: one.objects + other.objects,
  bytes: one.bytes + other.bytes,
});

function addReason(reasons: Record<string, number>, reason: string, count: number): void {
  const isKnown = reasons[reason] !== undefined || Object.keys(reasons).length < MAX_REASONS;
  const name = isKnown ? reason : OTHER;
  reasons[name] = (reasons[name] ?? 0) + count;
}
