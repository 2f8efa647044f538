import { MAX_KEY_BYTES } from '../../s3/keys.js';
import { Alphabet, END, LAST_POINT } from './alphabet.js';

/** The place of a character in a key: in which directory, in which word of its name, how far in it. */
type Context = number;

/** A key without what all have in common: its code points, and for each its context and the log of the part of all keys that begin like it up to there. */
interface Path {
  readonly points: readonly number[];
  readonly contexts: readonly Context[];
  readonly logs: readonly number[];
}

/** The keys that begin like `path` up to `level` and go on with a symbol between two others, both left out. */
interface Fork {
  readonly path: Path;
  readonly level: number;
  readonly above: number;
  readonly below: number;
}

/** A fork, and its part of the keys that get to where the ends of its span part. */
interface Branch extends Fork {
  readonly share: number;
}

/** The keys between two names. */
export interface Span {
  /** The logarithm of their part of all keys. */
  readonly logShare: number;
  /** A name that has about this part (0 to 1) of them before it; at most 1,024 bytes. It may be outside of a narrow span. */
  nameAt(part: number): string;
}

const BEFORE_ALL = END - 1;
const BEHIND_ALL = LAST_POINT + 1;
const NEGLIGIBLE = 1e-12;
/** How exactly a name is told, as a part of its span. */
const RESOLUTION = 1e-7;

/**
 * How likely keys are, by the characters that were seen at each place of a key. As in arithmetic coding, this makes a number of each key that keeps their
 * order, and over which keys made of numbers, dates, hashes and the like are evenly spread as long as one does not look at too many of them at once.
 */
export class KeyModel {
  readonly #anywhere = new Alphabet();
  readonly #alphabets = new Map<Context, Alphabet>();

  /** @param common what all keys begin with */
  constructor(private readonly common: string) {}

  /** Learns from keys in their order. */
  learn(keys: readonly string[]): void {
    const all = keys.map((key) => this.#pointsOf(key));
    const [first = [], last = []] = [all[0], all.at(-1)];
    const shared = lengthShared(first, last);
    const context = this.#learnPoints(first.slice(0, shared), FIRST);
    all.forEach((points, index) => {
      // What tells a key from its neighbours and a little more: the rest of long names says nothing of their order.
      const neighbours = [all[index - 1] ?? [], all[index + 1] ?? []];
      const end = Math.max(...neighbours.map((neighbour) => lengthShared(points, neighbour))) + 3;
      const rest = points.slice(shared, end);
      this.#learnPoints(end > points.length ? [...rest, END] : rest, context);
    });
  }

  /** The keys behind `after`, up to `upTo` or to the last. */
  span(after: string, upTo: string | undefined): Span {
    const from = this.#path(after);
    const to = upTo?.startsWith(this.common) ? this.#path(upTo) : undefined;
    const parting = to ? lengthShared(from.points, to.points) : 0;
    const branches = this.#branches(from, to, parting);
    const sum = branches.reduce((total, { share }) => total + share, 0);
    return {
      logShare: (from.logs[parting] ?? 0) + Math.log(sum),
      nameAt: (part) => this.#nameAt(branches, part * sum, sum * RESOLUTION),
    };
  }

  /** In key order: those that turn off behind `from`, those between where the two part, those that turn off before `to`. */
  #branches(from: Path, to: Path | undefined, parting: number): Branch[] {
    const base = from.logs[parting] ?? 0;
    const [meeting, first] = to ? [[fork(from, parting, to)], parting + 1] : [[], parting];
    const behind = this.#weigh(
      levels(from, first).map((level) => fork(from, level)),
      base,
    );
    const before = to
      ? this.#weigh(
          levels(to, first).map((level) => forkBefore(to, level)),
          base,
        )
      : [];
    return [...behind.reverse(), ...this.#weigh(meeting, base), ...before];
  }

  /** Those that matter, of forks from the first level on. */
  #weigh(forks: readonly Fork[], base: number): Branch[] {
    const branches: Branch[] = [];
    for (const { path, level, above, below } of forks) {
      const reach = Math.exp((path.logs[level] ?? 0) - base);
      if (reach < NEGLIGIBLE) break;
      const alphabet = this.#alphabetOf(path.contexts[level] ?? FIRST);
      const share = reach * (alphabet.below(below) - alphabet.below(above + 1));
      if (share > 0) branches.push({ path, level, above, below, share });
    }
    return branches;
  }

  #nameAt(branches: readonly Branch[], wanted: number, resolution: number): string {
    let before = 0;
    for (const branch of branches) {
      if (before + branch.share > wanted || branch === branches.at(-1)) {
        const part = Math.min(1, Math.max(0, (wanted - before) / branch.share));
        return this.#spell(branch, part, resolution / branch.share);
      }
      before += branch.share;
    }
    return this.common;
  }

  /** The name at this part of a branch, as far as it takes to tell it from those at `resolution` beside it. */
  #spell({ path, level, above, below }: Branch, wanted: number, resolution: number): string {
    let name = this.common + String.fromCodePoint(...path.points.slice(0, level));
    let context = path.contexts[level] ?? FIRST;
    let [low, high] = [above + 1, below].map((symbol) => this.#alphabetOf(context).below(symbol)) as [
      number,
      number,
    ];
    let part = low + wanted * (high - low);
    for (let width = 1 / (high - low); width > resolution; width *= high - low) {
      const alphabet = this.#alphabetOf(context);
      const symbol = alphabet.at(part);
      if (symbol === END) break;
      const longer = name + String.fromCodePoint(symbol);
      if (Buffer.byteLength(longer) > MAX_KEY_BYTES) break;
      name = longer;
      [low, high] = [alphabet.below(symbol), alphabet.below(symbol + 1)];
      part = (part - low) / (high - low);
      context = nextContext(context, symbol);
    }
    return name;
  }

  #path(key: string): Path {
    const points = this.#pointsOf(key);
    const contexts = [FIRST];
    const logs = [0];
    let [context, log] = [FIRST, 0];
    for (const point of points) {
      const alphabet = this.#alphabetOf(context);
      log += Math.log(alphabet.below(point + 1) - alphabet.below(point));
      context = nextContext(context, point);
      logs.push(log);
      contexts.push(context);
    }
    return { points, contexts, logs };
  }

  #learnPoints(points: readonly number[], start: Context): Context {
    let context = start;
    for (const point of points) {
      const alphabet = this.#alphabets.get(context) ?? new Alphabet(this.#anywhere);
      this.#alphabets.set(context, alphabet);
      alphabet.add(point);
      this.#anywhere.add(point);
      context = nextContext(context, point);
    }
    return context;
  }

  #alphabetOf(context: Context): Alphabet {
    return this.#alphabets.get(context) ?? this.#anywhere;
  }

  /** A name before all keys has none. */
  #pointsOf(key: string): number[] {
    const rest = key.startsWith(this.common) ? key.slice(this.common.length) : '';
    return Array.from(rest, (character) => character.codePointAt(0) ?? 0);
  }
}

const FIRST: Context = 0;
const DIRECTORY = 2 ** 16;
const WORD = 2 ** 10;
const SLASH = 0x2f;

/** Directories are parted by `/`, words by whatever else is no letter or digit of ASCII and no character beyond it. */
function nextContext(context: Context, point: number): Context {
  if (point === SLASH) return (Math.floor(context / DIRECTORY) + 1) * DIRECTORY;
  return isOfWord(point) ? context + 1 : (Math.floor(context / WORD) + 1) * WORD;
}

const isOfWord = (point: number): boolean =>
  (point >= 0x30 && point <= 0x39) ||
  (point >= 0x41 && point <= 0x5a) ||
  (point >= 0x61 && point <= 0x7a) ||
  point >= 0x80;

/** What goes on behind `path` at this level, before `to` where that one parts from it here. */
const fork = (path: Path, level: number, to?: Path): Fork => ({
  path,
  level,
  above: symbolAt(path, level),
  below: to ? symbolAt(to, level) : BEHIND_ALL,
});

const forkBefore = (path: Path, level: number): Fork => ({
  path,
  level,
  above: BEFORE_ALL,
  below: symbolAt(path, level),
});

const levels = ({ points }: Path, first: number): number[] =>
  Array.from({ length: Math.max(0, points.length + 1 - first) }, (_, index) => first + index);

const symbolAt = ({ points }: Path, level: number): number => points[level] ?? END;

function lengthShared(a: readonly number[], b: readonly number[]): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return length;
}
