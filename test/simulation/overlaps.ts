import type { Tally } from './tally.js';

interface Activity {
  readonly name: string;
  readonly keys: readonly string[];
}

/** Counts which operations were under way on one key at the same time. */
export class Overlaps {
  readonly #underWay = new Set<Activity>();

  constructor(private readonly tally: Tally) {}

  /** Returns the function that ends it. */
  begin(name: string, keys: readonly string[]): () => void {
    const activity = { name, keys };
    for (const other of this.#underWay) {
      if (other.keys.some((key) => keys.includes(key))) this.tally.count('overlap', pairOf(name, other.name));
    }
    this.#underWay.add(activity);
    return () => void this.#underWay.delete(activity);
  }
}

export const pairOf = (a: string, b: string): string => (a < b ? `${a} while ${b}` : `${b} while ${a}`);
