/** How long a bench measures. */
export interface Effort {
  /** Of each load. */
  readonly seconds: number;
  /** Of each contestant, beside the one that does not count. */
  readonly rounds: number;
}

/** For numbers that are told. */
export const FULL: Effort = { seconds: 5, rounds: 3 };

/** To see that a bench runs. */
export const QUICK: Effort = { seconds: 1, rounds: 1 };
