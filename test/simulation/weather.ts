import type { Random } from './random.js';
import type { Troubles } from './scenario.js';
import type { Scheduler } from './scheduler.js';

/** What may still go wrong in a run, and how often what did happen. */
export class Weather {
  readonly counts: Record<string, number> = {};
  #left: Record<keyof Troubles, number>;

  constructor(
    readonly scheduler: Scheduler,
    readonly random: Random,
    troubles: Troubles,
  ) {
    this.#left = { ...troubles };
  }

  /** One of `choices` when trouble of that kind strikes here, as it does with `probability` until it is used up. */
  strike<T extends string>(kind: keyof Troubles, probability: number, choices: readonly T[]): T | undefined {
    if (this.#left[kind] === 0 || !this.random.chance(probability)) return undefined;
    this.#left[kind] -= 1;
    const trouble = this.random.pick(choices);
    this.count(trouble);
    return trouble;
  }

  count(name: string): void {
    this.counts[name] = (this.counts[name] ?? 0) + 1;
  }

  clearUp(): void {
    this.#left = { kills: 0, requests: 0, bodies: 0, calls: 0, outages: 0, departures: 0 };
  }
}
