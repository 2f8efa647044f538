/** What one object may be like after some of the operations on it took effect. */
export interface Configuration {
  readonly value: string | null;
  /** The pending operations that took effect, one bit each. */
  readonly done: bigint;
  /** How many of each class of operations of unknown outcome took effect. */
  readonly used: readonly number[];
}

/** Configurations of which none makes another superfluous: with the same value and effects it is better to have used less. */
export class Frontier {
  readonly #alike = new Map<string, Configuration[]>();

  /** False when it is superfluous. */
  add(configuration: Configuration): boolean {
    const name = `${configuration.done}${configuration.value === null ? '' : `=${configuration.value}`}`;
    const alike = this.#alike.get(name) ?? [];
    if (alike.some(({ used }) => isWithin(used, configuration.used))) return false;
    const kept = alike.filter(({ used }) => !isWithin(configuration.used, used));
    this.#alike.set(name, [...kept, configuration]);
    return true;
  }

  get all(): Configuration[] {
    return [...this.#alike.values()].flat();
  }
}

const isWithin = (some: readonly number[], others: readonly number[]): boolean =>
  some === others || some.every((count, index) => count <= (others[index] ?? 0));
