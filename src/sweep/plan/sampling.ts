import { compareKeys } from '../../s3/keys.js';
import type { StorePage } from '../../shadow/listing/store-page.js';
import type { KeyRange } from '../row.js';
import { KeyModel, type Span } from './key-model.js';

/** Keys that follow each other and were listed. */
interface Stretch {
  readonly after: string;
  /** Undefined where nothing is behind them. */
  readonly upTo: string | undefined;
  readonly objects: number;
  readonly bytes: number;
}

/** A piece of the keys of a range: listed, or what lies between two that were; then its numbers are estimates. */
export interface Piece extends Stretch {
  /** Of what was not listed. */
  readonly span?: Span;
  /** As many objects as it has where it is as dense as its denser end; where it was listed, none are in doubt. */
  readonly doubt?: number;
}

export interface Sampled {
  /** In key order, without a hole. */
  readonly pieces: readonly Piece[];
  readonly probes: number;
}

export interface SamplingOptions {
  readonly prefix: string;
  readonly range: KeyRange;
  /** One page after this name; from the first key where it is left out. Many are asked for at once. */
  probe(after: string | undefined): Promise<StorePage>;
  /** How many objects a page has at most. */
  readonly pageObjects: number;
  /** How many objects a piece may have that was not listed, by how many there are. */
  fineness(objects: number): number;
  /** How many probes that may cost, likewise. */
  budget(objects: number): number;
  /** So many are made in any case. */
  readonly leastProbes: number;
}

const FIRST_PAGES = 4;
const LEARNT_OF_PAGE = 50;
/** Behind what all keys have in common it is looked first for keys that go on like this. */
const LADDER = [...'-0123456789ACEGIKMOQSUWY_acegikmoqsuwy\u{a0}\u{400}\u{3000}\u{6000}\u{a000}\u{10000}'];
const LAST_CHARACTER = '\u{10ffff}';

/** What the keys of a range are, by some probes of its listing: where it knows least of most objects it looks next. */
export async function sample(options: SamplingOptions): Promise<Sampled> {
  const sampling = new Sampling(options);
  await sampling.begin();
  await sampling.refine();
  return { pieces: sampling.pieces(), probes: sampling.probes };
}

class Sampling {
  probes = 0;
  #model = new KeyModel('');
  /** In key order; none begins in another. */
  readonly #stretches: Stretch[] = [];
  /** The beginnings of gaps in which no name can be told. */
  readonly #closed = new Set<string>();
  #random = 1;

  constructor(private readonly options: SamplingOptions) {}

  /** The first pages: a small range is known then. Of a large one, what its keys have in common, and how they go on behind that. */
  async begin(): Promise<void> {
    const pages: StorePage[] = [];
    let after: string | undefined = this.options.range.after;
    do {
      const page = await this.#probe(after);
      pages.push(page);
      this.#note(after ?? this.options.prefix, page);
      after = page.end;
    } while (pages.length < FIRST_PAGES && this.#goesOn());
    const first = pages[0]?.entries[0];
    if (!first || !this.#goesOn()) return;
    const common = await this.#commonPrefix(first.name);
    this.#model = new KeyModel(common);
    for (const page of pages) this.#learn(page.entries);
    await this.#look(LADDER.map((character) => common + character));
  }

  /** Looks into the largest gaps until all are small or enough probes were made. */
  async refine(): Promise<void> {
    for (;;) {
      const pieces = this.pieces();
      const objects = pieces.reduce((sum, piece) => sum + piece.objects, 0);
      const most = this.options.fineness(objects);
      const left = Math.max(this.options.leastProbes, this.options.budget(objects)) - this.probes;
      const gaps = pieces
        .filter(({ span, after }) => span && !this.#closed.has(after))
        .filter(({ doubt = 0 }) => doubt > most || this.probes < this.options.leastProbes)
        .sort((a, b) => (b.doubt ?? 0) - (a.doubt ?? 0))
        .slice(0, Math.max(0, left));
      const names = gaps.flatMap((gap) => this.#namesIn(gap, most)).slice(0, left);
      if (gaps.length === 0) return;
      await this.#look(names);
    }
  }

  pieces(): Piece[] {
    const densities = this.#stretches.map((stretch) => this.#density(stretch));
    return this.#stretches.flatMap((stretch, index) => {
      const gap = this.#gapBehind(index, densities);
      return gap ? [stretch, gap] : [stretch];
    });
  }

  /** What all keys of the range begin with: nothing is behind it. */
  async #commonPrefix(first: string): Promise<string> {
    const points = [...first];
    let [low, high] = [[...this.options.prefix].length, points.length];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      const isCommon = await this.#isEmptyBehind(points.slice(0, middle).join('') + LAST_CHARACTER);
      if (isCommon) low = middle;
      else high = middle - 1;
    }
    return points.slice(0, low).join('');
  }

  async #isEmptyBehind(name: string): Promise<boolean> {
    if (this.#isBehindRange(name)) return true;
    const [next] = (await this.#probe(name)).entries;
    return next === undefined || this.#isBehindRange(next.name);
  }

  #isBehindRange(name: string): boolean {
    const { upTo } = this.options.range;
    return upTo !== undefined && compareKeys(name, upTo) > 0;
  }

  /**
   * A small gap is listed from its beginning, so that it may be closed. A large one is looked into near its middle, and where it is thought to be very
   * large near its beginning, too: most such guesses are made at the end of a directory that has fewer keys than its names have room for.
   */
  #namesIn({ after, upTo, doubt = 0, span }: Piece, most: number): string[] {
    if (!span || doubt < 2 * this.options.pageObjects) return [after];
    const names: string[] = [];
    for (let part = 1; part === 1 || part * doubt > 8 * most; part /= 8) {
      // Any place but the middle itself, which would be the first key of a directory time and again.
      this.#random = (Math.imul(this.#random, 1664525) + 1013904223) >>> 0;
      const name = span.nameAt(part * (0.25 + this.#random / 2 ** 33));
      if (compareKeys(name, after) > 0 && (upTo === undefined || compareKeys(name, upTo) < 0))
        names.push(name);
    }
    if (names.length === 0) this.#closed.add(after);
    return names.reverse();
  }

  async #look(names: readonly string[]): Promise<void> {
    const open = names.filter((name) => this.#isInGap(name));
    const pages = await Promise.all(open.map(async (name) => ({ name, page: await this.#probe(name) })));
    for (const { name, page } of pages) {
      if (!this.#isInGap(name)) continue;
      this.#note(name, page);
      this.#learn(page.entries);
    }
  }

  #isInGap(name: string): boolean {
    const before = this.#stretches[this.#placeOf(name) - 1];
    return before?.upTo !== undefined && compareKeys(before.upTo, name) <= 0 && !this.#isBehindRange(name);
  }

  /** The index of the first stretch that begins behind `name`. */
  #placeOf(name: string): number {
    let low = 0;
    let high = this.#stretches.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareKeys(this.#stretches[middle]?.after ?? '', name) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #probe(after: string | undefined): Promise<StorePage> {
    this.probes += 1;
    return this.options.probe(after);
  }

  /** Keeps what a page tells, up to where more is known already. */
  #note(after: string, { entries, end }: StorePage): void {
    const place = this.#placeOf(after);
    const limit = this.#stretches[place]?.after ?? this.options.range.upTo;
    const isToLimit = limit !== undefined && (end === undefined || compareKeys(end, limit) >= 0);
    const kept = isToLimit ? entries.filter(({ name }) => compareKeys(name, limit) <= 0) : entries;
    const bytes = kept.reduce((sum, { object }) => sum + (object?.size ?? 0), 0);
    this.#stretches.splice(place, 0, { after, upTo: isToLimit ? limit : end, objects: kept.length, bytes });
  }

  #learn(entries: StorePage['entries']): void {
    const step = Math.max(1, entries.length / LEARNT_OF_PAGE);
    const count = Math.ceil(entries.length / step);
    this.#model.learn(
      Array.from({ length: count }, (_, index) => entries[Math.floor(index * step)]?.name ?? ''),
    );
  }

  #goesOn(): boolean {
    const upTo = this.#stretches.at(-1)?.upTo;
    return upTo !== undefined && upTo !== this.options.range.upTo;
  }

  /** Objects by what the model says of the stretch, as a logarithm. */
  #density({ after, upTo, objects }: Stretch): number {
    return objects === 0 ? -Infinity : Math.log(objects) - this.#model.span(after, upTo).logShare;
  }

  /** What lies between a stretch and the next, if anything: as dense as the two are. */
  #gapBehind(index: number, densities: readonly number[]): Piece | undefined {
    const [before, behind] = [this.#stretches[index], this.#stretches[index + 1]];
    const upTo = behind ? behind.after : this.options.range.upTo;
    if (before?.upTo === undefined || before.upTo === upTo) return undefined;
    const span = this.#model.span(before.upTo, upTo);
    const ends = densities.slice(index, behind ? index + 2 : index + 1);
    const guesses = ends.map((density) => Math.exp(density + span.logShare));
    const objects = middle(guesses);
    const listed = before.objects + (behind?.objects ?? 0);
    const bytes = listed === 0 ? 0 : (objects * (before.bytes + (behind?.bytes ?? 0))) / listed;
    return { after: before.upTo, upTo, objects, bytes, span, doubt: Math.max(...guesses) };
  }
}

/** Between guesses that may differ by orders of magnitude; one of nothing says that there may be less. */
function middle(guesses: readonly number[]): number {
  const [low, high] = [Math.min(...guesses), Math.max(...guesses)];
  return low === 0 ? high / 2 : Math.sqrt(low * high);
}
