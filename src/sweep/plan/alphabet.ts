/** Where a key ends, as a symbol: such a key comes before all that go on. */
export const END = -1;
export const LAST_POINT = 0x10ffff;

/** What is still expected of symbols that none of many samples had, so that some look there: samples are not independent. */
const LEAST_NEW = 1 / 32;

type Points = readonly [first: number, last: number];

/** Who has seen one of these will see the others. */
const CLASSES: readonly Points[] = ['09', 'af', 'az', 'AF', 'AZ'].map(([first = '', last = '']) => [
  first.charCodeAt(0),
  last.charCodeAt(0),
]);

/** How likely characters are that nobody has seen yet: stretches of them, and their weights. */
const UNSEEN: readonly (readonly [...Points, weight: number])[] = [
  [END, END, 1],
  [0x20, 0x7e, 95],
  [0xa0, 0x7ff, 4],
  [0x800, 0x2fff, 4],
  [0x3000, 0x9fff, 4],
  [0xa000, 0xd7ff, 4],
  [0xe000, 0xffff, 1],
  [0x10000, LAST_POINT, 1],
];
const UNSEEN_WEIGHT = UNSEEN.reduce((sum, [, , weight]) => sum + weight, 0);

/** The symbols, code points or END, that follow at one place of keys: those seen and their like are equally likely, all others hardly. */
export class Alphabet {
  readonly #symbols = new Set<number>();
  #sorted: number[] | undefined;
  #samples = 0;

  /** @param otherwise what is likely where none of these is; any character unless told */
  constructor(private readonly otherwise: Pick<Alphabet, 'below'> = { below: unseenBelow }) {}

  /** A sample that has this symbol: the more there are, the less is anything new to be expected. */
  add(symbol: number): void {
    this.#samples += 1;
    if (this.#symbols.has(symbol)) return;
    const [first, last] = classOf(symbol);
    for (let like = first; like <= last; like++) this.#symbols.add(like);
    this.#sorted = undefined;
  }

  /** The part, 0 to 1, of what is likely that is before this symbol. */
  below(symbol: number): number {
    const size = this.#symbols.size;
    if (size === 0) return this.otherwise.below(symbol);
    const isNew = Math.max(LEAST_NEW, 1 / (this.#samples + 2));
    this.#sorted ??= [...this.#symbols].sort((a, b) => a - b);
    return ((1 - isNew) * countBelow(this.#sorted, symbol)) / size + isNew * this.otherwise.below(symbol);
  }

  /** The symbol at this part of what is likely. */
  at(part: number): number {
    let low = END;
    let high = LAST_POINT;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.below(middle + 1) > part) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

const classOf = (symbol: number): Points =>
  CLASSES.find(([first, last]) => symbol >= first && symbol <= last) ?? [symbol, symbol];

function countBelow(sorted: readonly number[], symbol: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) < symbol) low = middle + 1;
    else high = middle;
  }
  return low;
}

function unseenBelow(symbol: number): number {
  let sum = 0;
  for (const [first, last, weight] of UNSEEN) {
    if (symbol <= first) break;
    sum += symbol > last ? weight : (weight * (symbol - first)) / (last - first + 1);
  }
  return sum / UNSEEN_WEIGHT;
}
