import { EMPTY_RECORD, type KeyRecord, keyRecordSchema } from '../../src/state/key-record.js';
import type { MemoryKv } from './memory-kv.js';
import type { Overlaps } from './overlaps.js';
import type { Tally } from './tally.js';

const SPACE = 'key/b/';

interface Parts {
  readonly kv: MemoryKv;
  readonly clock: { now(): number };
  readonly tally: Tally;
  readonly overlaps: Overlaps;
  /** Whether the target has an object of that name. */
  targetHas(key: string): boolean;
}

/** Counts what the protocol decides, by what becomes of the keys' records, whichever code wrote them; and recoveries as operations. */
export class RecordWitness {
  readonly #records = new Map<string, KeyRecord>();
  readonly #recoveries = new Map<string, () => void>();

  constructor(private readonly parts: Parts) {
    parts.kv.watch(SPACE, (name) => {
      if (name !== null) this.#changed(name.slice(SPACE.length), recordIn(parts.kv.peek(name)));
    });
  }

  /** When the first intent, or upload of a copy, ends that is open now, ms; undefined when none is. */
  get firstLeaseEnd(): number | undefined {
    const ends = [...this.#records.values()].flatMap(({ intents, copies }) =>
      [...intents, ...copies.filter(({ uploadId }) => uploadId !== undefined)].map(({ until }) => until),
    );
    return ends.length === 0 ? undefined : Math.min(...ends);
  }

  #changed(key: string, after: KeyRecord): void {
    const { clock, tally, targetHas } = this.parts;
    const before = this.#records.get(key) ?? EMPTY_RECORD;
    this.#records.set(key, after);
    const now = clock.now();
    for (const rule of ofCopies(before, after)) tally.count('rule', rule);
    for (const rule of ofIntents(before, after, now)) tally.count('rule', rule);
    for (const rule of ofTombstone(before, after, targetHas(key))) tally.count('rule', rule);
    this.#followRecovery(key, { before, after, now });
  }

  /** It lasts as long as the intent that it has taken over. */
  #followRecovery(key: string, { before, after, now }: Change): void {
    for (const { id } of before.intents) if (!holds(after.intents, id)) this.#recoveries.get(id)?.();
    for (const { id } of takenOver(before, after, now))
      this.#recoveries.set(id, this.parts.overlaps.begin('recovery', [key]));
  }
}

interface Change {
  readonly before: KeyRecord;
  readonly after: KeyRecord;
  readonly now: number;
}

const recordIn = (value: string | undefined): KeyRecord =>
  value === undefined ? EMPTY_RECORD : keyRecordSchema.parse(JSON.parse(value));

const holds = (held: readonly { readonly id: string }[], id: string): boolean =>
  held.some((other) => other.id === id);

function* ofCopies(before: KeyRecord, after: KeyRecord): Generator<string> {
  for (const { id, state, uploadId } of after.copies) {
    const was = before.copies.find((copy) => copy.id === id)?.state;
    const isOthers = uploadId !== undefined && before.copies.some((copy) => copy.uploadId === uploadId);
    if (was === undefined && state === 'committing') yield 'copy committed at once';
    else if (was === undefined) yield isOthers ? 'copy gone on with' : 'copy registered';
    else if (was !== state) yield state === 'void' ? 'copy voided' : 'copy committed';
  }
  for (const { id, state } of before.copies)
    if (state === 'void' && !holds(after.copies, id)) yield 'copy superseded';
}

function* ofIntents(before: KeyRecord, after: KeyRecord, now: number): Generator<string> {
  const adopted = takenOver(before, after, now);
  if (adopted.length > 0) yield 'dead intent taken over';
  for (const { id, mode, until } of after.intents) {
    const was = before.intents.find((intent) => intent.id === id);
    if (!was && !holds(adopted, id)) yield `${mode} intent announced`;
    if (was && was.until < until) yield 'intent renewed';
  }
  if (
    before.intents.some(
      ({ id, mode, until }) => mode === 'shared' && until <= now && !holds(after.intents, id),
    )
  )
    yield 'dead intent forgotten';
}

/** The intents that have replaced an exclusive one whose time was over. */
function takenOver(before: KeyRecord, after: KeyRecord, now: number): KeyRecord['intents'] {
  const dead = before.intents.some(
    ({ id, mode, until }) => mode === 'exclusive' && until <= now && !holds(after.intents, id),
  );
  return dead ? after.intents.filter(({ id }) => !holds(before.intents, id)) : [];
}

function* ofTombstone(before: KeyRecord, after: KeyRecord, targetHas: boolean): Generator<string> {
  const [was, is] = [before.tombstone, after.tombstone];
  if (is && is.generation !== was?.generation)
    yield targetHas ? 'delete found its object' : 'delete missed its object';
  if (was && !is) yield 'tombstone removed';
  if (was?.shadowDelete === 'pending' && is?.shadowDelete === 'done') yield 'shadow deleted';
  if (is?.lastError !== undefined && was?.lastError === undefined) yield 'shadow did not delete';
}
