import type { Finding, Range } from '../../state/passes/pass-record.js';
import { FINDINGS_PER_PAGE, type FindingPage } from '../../state/passes/passes.js';
import { Counter, NOTHING, type Outcome, plus, type Settled, type Sum } from '../../state/passes/tally.js';

/** So many keys may lie behind the cursor and not be settled yet: one that takes long does not hold up all others. */
const MAX_OPEN = 64;

/** What an operator has to know of one by one. */
const FOUND: ReadonlySet<Outcome> = new Set<Outcome>([
  'failed',
  'drifted',
  'different',
  'missing',
  'unverifiable',
]);

/** What became of a key, and how often it was tried. */
export interface Ended extends Settled {
  readonly attempts?: number | undefined;
}

interface Entry {
  readonly key: string;
  isSettled: boolean;
  ended?: Ended | undefined;
  /** The cursor has gone past it. */
  isOpen: boolean;
}

/** What is stored of a range while it is gone through: it holds together, whenever it is taken. */
export interface Snapshot {
  readonly cursor: string | undefined;
  readonly open: readonly string[];
  readonly tally: Range['tally'];
  readonly kept: number;
  readonly spilled: number;
  /** Pages of findings that are new, or longer than they were. */
  readonly pages: readonly FindingPage[];
  /** Findings for which there is no room in the state. */
  readonly overflow: readonly Finding[];
}

export interface TrackerOptions {
  readonly range: Range;
  /** The page of findings that is not full yet. */
  readonly page: readonly Finding[];
  /** How many more findings the state may hold. */
  readonly room: () => number;
  readonly now: () => number;
}

/**
 * Follows the keys of a range, which are begun in order and settled in any: what is stored of it names a key up to which all are settled, but for
 * a few, and counts no key twice whoever goes on from there.
 */
export class Tracker {
  readonly #entries: Entry[] = [];
  readonly #open = new Map<string, Entry>();
  readonly #counter: Counter;
  #cursor: string | undefined;
  #kept: number;
  #spilled: number;
  #page: Finding[];
  #isPageNew = false;
  /** Those that are full, and not stored yet. */
  #pages: FindingPage[] = [];
  #overflow: Finding[] = [];
  #underWay = 0;
  /** Whatever else becomes of it, the range is not gone through. */
  #rejection: { readonly error: unknown } | undefined;
  #settled = NOTHING;
  #wake: () => void = () => undefined;

  constructor(private readonly options: TrackerOptions) {
    const { range, page } = options;
    this.#counter = new Counter(range.tally);
    this.#cursor = range.cursor;
    this.#kept = range.kept;
    this.#spilled = range.spilled;
    this.#page = [...page];
    for (const key of range.open) this.#open.set(key, { key, isSettled: false, isOpen: true });
  }

  /** Keys that were begun and have not ended. */
  get underWay(): number {
    return this.#underWay;
  }

  /** The next key in order, and what becomes of it; one that need not be counted has no end. What rejects is left unsettled. */
  add(key: string, end: Promise<Ended> | Ended | undefined): void {
    const entry: Entry = { key, isSettled: false, isOpen: false };
    this.#entries.push(entry);
    this.#follow(entry, end);
  }

  /** What becomes of a key that was left open. */
  addOpen(key: string, end: Promise<Ended> | Ended | undefined): void {
    const entry = this.#open.get(key);
    if (entry) this.#follow(entry, end);
  }

  /** Resolves when one of those under way has ended. */
  async next(): Promise<void> {
    if (this.#underWay === 0) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Throws what a key has rejected with: it is not settled. */
  throwIfRejected(): void {
    if (this.#rejection) throw this.#rejection.error;
  }

  async allEnded(): Promise<void> {
    while (this.#underWay > 0) await this.next();
  }

  /** What was settled here so far. */
  get settled(): Sum {
    return this.#settled;
  }

  snapshot(): Snapshot {
    this.#advance();
    const pages = [...this.#pages, ...(this.#isPageNew ? [this.#lastPage()] : [])];
    const overflow = this.#overflow;
    this.#pages = [];
    this.#overflow = [];
    this.#isPageNew = false;
    return {
      cursor: this.#cursor,
      open: [...this.#open.keys()],
      tally: this.#counter.tally,
      kept: this.#kept,
      spilled: this.#spilled,
      pages,
      overflow,
    };
  }

  #follow(entry: Entry, end: Promise<Ended> | Ended | undefined): void {
    if (!(end instanceof Promise)) {
      this.#settle(entry, end);
      return;
    }
    this.#underWay += 1;
    end
      .then(
        (ended) => this.#settle(entry, ended),
        // The range is left: whoever goes on with it begins the key anew.
        (error: unknown) => {
          this.#rejection ??= { error };
        },
      )
      .finally(() => {
        this.#underWay -= 1;
        this.#wake();
      });
  }

  #settle(entry: Entry, ended: Ended | undefined): void {
    entry.isSettled = true;
    entry.ended = ended;
    if (ended) this.#settled = plus(this.#settled, { objects: 1, bytes: ended.bytes });
    if (!entry.isOpen) return;
    this.#open.delete(entry.key);
    this.#count(ended);
  }

  /** The cursor goes as far as it can. */
  #advance(): void {
    let passed = 0;
    for (const entry of this.#entries) {
      if (!entry.isSettled && this.#open.size >= MAX_OPEN) break;
      if (entry.isSettled) this.#count(entry.ended);
      else {
        entry.isOpen = true;
        this.#open.set(entry.key, entry);
      }
      this.#cursor = entry.key;
      passed += 1;
    }
    this.#entries.splice(0, passed);
  }

  #count(ended: Ended | undefined): void {
    if (!ended) return;
    this.#counter.add(ended);
    if (FOUND.has(ended.outcome)) this.#keep(ended);
  }

  #keep({ key, outcome, reason = '', bytes, attempts = 1 }: Ended): void {
    const finding = { key, what: outcome, reason, bytes, attempts, at: this.options.now() };
    if (this.options.room() - this.#keptHere <= 0) {
      this.#overflow.push(finding);
      this.#spilled += 1;
      return;
    }
    this.#page.push(finding);
    this.#kept += 1;
    this.#isPageNew = true;
    if (this.#page.length < FINDINGS_PER_PAGE) return;
    this.#pages.push(this.#lastPage());
    this.#page = [];
    this.#isPageNew = false;
  }

  /** Those of which `room` does not know yet. */
  get #keptHere(): number {
    return this.#kept - this.options.range.kept;
  }

  #lastPage(): FindingPage {
    const id = pageId(this.options.range.id, Math.ceil(this.#kept / FINDINGS_PER_PAGE) - 1);
    return { id, findings: [...this.#page] };
  }
}

/** Of the page of a range that holds its findings from `index` times a page on. */
export const pageId = (rangeId: string, index: number): string =>
  `${rangeId}-${String(index).padStart(6, '0')}`;

/** The id of the range whose page it is. */
export const rangeOfPage = (id: string): string => id.slice(0, id.lastIndexOf('-'));
