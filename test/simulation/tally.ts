export type Counts = Readonly<Record<string, number>>;

/** What there is to count: what clients do, what they do at once, what goes wrong, what the protocol decides, and how it is set. */
export type Group = 'operation' | 'overlap' | 'fault' | 'rule' | 'mode';

/** How often things happened. */
export class Tally {
  readonly counts: Record<string, number> = {};

  count(group: Group, name: string): void {
    this.#add(`${group}: ${name}`, 1);
  }

  addAll(counts: Counts): void {
    for (const [name, count] of Object.entries(counts)) this.#add(name, count);
  }

  #add(name: string, count: number): void {
    this.counts[name] = (this.counts[name] ?? 0) + count;
  }
}

/** A line for each name, in the order of the names. */
export const table = (counts: Counts): string =>
  Object.keys(counts)
    .sort()
    .map((name) => `${String(counts[name]).padStart(9)}  ${name}`)
    .join('\n');
