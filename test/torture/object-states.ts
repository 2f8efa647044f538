import { apply, type Operation } from '../simulation/linearizability.js';
import { type Configuration, Frontier } from './frontier.js';

type Value = string | null;

/** Operations of unknown outcome that do the same: once called, one is as good as another, now or later. */
interface LostOperations {
  /** Any one of them, if it took effect. */
  readonly effect: Operation;
  called: number;
}

/**
 * All that one object may be like at one instant of its history. An operation takes effect when it, or one that comes after it, is
 * about to return (Lowe, "Testing for linearizability", 2017). What changes nothing does so as soon as it can, for it is in nobody's
 * way; what is of unknown outcome only right before one that needs it, for without such a one it might as well not have happened.
 */
export class ObjectStates {
  /** Those that were called and will return. */
  readonly #pending = new Map<Operation, bigint>();
  readonly #lost: LostOperations[] = [];
  readonly #lostByName = new Map<string, LostOperations>();
  #configurations: readonly Configuration[];

  constructor(
    initial: readonly Value[],
    private readonly everyValue: readonly string[],
  ) {
    this.#configurations = initial.map((value) => ({ value, done: 0n, used: [] }));
  }

  call(operation: Operation): void {
    if (operation.outcome === 'unknown') this.#lose(operation);
    else this.#begin(operation);
  }

  /** False when no state is left in which the operation can have returned what it did. */
  return(operation: Operation): boolean {
    const bit = this.#pending.get(operation) ?? 0n;
    const having = this.#reach(bit).all;
    this.#pending.delete(operation);
    this.#configurations = having.map((configuration) => ({
      ...configuration,
      done: configuration.done & ~bit,
    }));
    return this.#configurations.length > 0;
  }

  #begin(operation: Operation): void {
    this.#pending.set(operation, this.#freeBit());
    this.#configurations = this.#configurations.map((configuration) => this.#withLooks(configuration));
  }

  #lose(operation: Operation): void {
    const { kind, value, expected } = operation;
    const name = JSON.stringify([kind, value, expected]);
    const known = this.#lostByName.get(name) ?? { effect: { ...operation, outcome: 'done' }, called: 0 };
    if (known.called === 0) {
      this.#lostByName.set(name, known);
      this.#lost.push(known);
    }
    known.called += 1;
  }

  #freeBit(): bigint {
    const taken = [...this.#pending.values()].reduce((sum, bit) => sum | bit, 0n);
    let bit = 1n;
    while ((taken & bit) !== 0n) bit <<= 1n;
    return bit;
  }

  /** The configurations in which the operation of this bit took effect, it last. */
  #reach(bit: bigint): Frontier {
    const reached = new Frontier();
    const passed = new Frontier();
    const open: Configuration[] = [];
    const arrive = (configuration: Configuration) => {
      if ((configuration.done & bit) !== 0n) reached.add(configuration);
      else if (passed.add(configuration)) open.push(configuration);
    };
    this.#configurations.forEach(arrive);
    for (let from = open.pop(); from !== undefined; from = open.pop()) {
      for (const next of this.#after(from)) arrive(this.#withLooks(next));
    }
    return reached;
  }

  /** What one more operation can make of it. */
  *#after({ value, done, used }: Configuration): Generator<Configuration> {
    for (const [operation, bit] of this.#pending) {
      if ((done & bit) !== 0n) continue;
      for (const next of this.#apply(operation, value)) yield { value: next, done: done | bit, used };
    }
    for (const [index, { effect, called }] of this.#lost.entries()) {
      if ((used[index] ?? 0) >= called) continue;
      for (const next of this.#apply(effect, value)) {
        if (next === value || !this.#isWanted(next, { value, done, used })) continue;
        yield {
          value: next,
          done,
          used: this.#lost.map((_, at) => (used[at] ?? 0) + (at === index ? 1 : 0)),
        };
      }
    }
  }

  /** Whether the new value makes possible what the old one does not. */
  #isWanted(next: Value, { value, done, used }: Configuration): boolean {
    const enabled = (operation: Operation) => this.#can(operation, next) && !this.#can(operation, value);
    for (const [operation, bit] of this.#pending) if ((done & bit) === 0n && enabled(operation)) return true;
    return this.#lost.some(({ effect, called }, index) => (used[index] ?? 0) < called && enabled(effect));
  }

  #can(operation: Operation, value: Value): boolean {
    return this.#apply(operation, value).length > 0;
  }

  #apply(operation: Operation, value: Value): readonly Value[] {
    return apply(operation, value, this.everyValue);
  }

  #withLooks(configuration: Configuration): Configuration {
    let { done } = configuration;
    for (const [operation, bit] of this.#pending) {
      if (changesNothing(operation) && this.#can(operation, configuration.value)) done |= bit;
    }
    return { ...configuration, done };
  }
}

const changesNothing = ({ kind, outcome }: Operation): boolean => kind === 'get' || outcome === 'refused';
