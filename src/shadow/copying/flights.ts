import type { CopyOutcome } from './copy-outcome.js';

/** A copy that is being made by this gateway. */
export class Flight {
  readonly landed: Promise<CopyOutcome>;
  #land: (outcome: CopyOutcome) => void = () => undefined;

  constructor(private readonly onLanded: () => void) {
    this.landed = new Promise((resolve) => {
      this.#land = resolve;
    });
  }

  land(outcome: CopyOutcome): void {
    this.onLanded();
    this.#land(outcome);
  }
}

/** The copies under way, by key, so that concurrent misses of one key share one read of the source. */
export class Flights {
  readonly #flights = new Map<string, Flight>();

  /** Undefined when no copy of `key` is under way. */
  current(key: string): Flight | undefined {
    return this.#flights.get(key);
  }

  /** Only when there is no current one. Whoever begins a flight must land it. */
  begin(key: string): Flight {
    const flight: Flight = new Flight(() => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    });
    this.#flights.set(key, flight);
    return flight;
  }
}
