import type { Random } from './random.js';
import { CALM, type Troubles } from './scenario.js';
import type { Scheduler } from './scheduler.js';
import type { Tally } from './tally.js';

/** What may still go wrong in a run. */
export class Weather {
  #left: Record<keyof Troubles, number>;

  constructor(
    readonly scheduler: Scheduler,
    readonly random: Random,
    private readonly parts: { readonly troubles: Troubles; readonly tally: Tally },
  ) {
    this.#left = { ...parts.troubles };
  }

  /** One of `choices` when trouble of that kind strikes here, as it does with `probability` until it is used up. */
  strike<T extends string>(kind: keyof Troubles, probability: number, choices: readonly T[]): T | undefined {
    if (this.#left[kind] === 0 || !this.random.chance(probability)) return undefined;
    this.#left[kind] -= 1;
    const trouble = this.random.pick(choices);
    this.parts.tally.count('fault', trouble);
    return trouble;
  }

  clearUp(): void {
    this.#left = { ...CALM };
  }
}
