import type { Clock } from './clock.js';
import { unlessAborted } from './unless-aborted.js';

export interface RepeatingOptions {
  readonly clock: Clock;
  /** How long it rests in between unless it is woken, ms. */
  readonly everyMs: number;
  /** Must not reject: what fails is for it to tell. */
  readonly action: () => Promise<void>;
}

/** Does one thing again and again, and at once when it is woken; one that is woken while it is at it does it once more. */
export class Repeating {
  readonly #stopping = new AbortController();
  #isWoken = false;
  #wake: () => void = () => undefined;
  #ended: Promise<void> = Promise.resolve();

  constructor(private readonly options: RepeatingOptions) {}

  start(): void {
    this.#ended = this.#repeat();
  }

  wake(): void {
    this.#isWoken = true;
    this.#wake();
  }

  /** Resolves when what is under way has ended. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#ended;
  }

  async #repeat(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      this.#isWoken = false;
      await this.options.action();
      if (!this.#isWoken) await this.#rest(signal);
    }
  }

  async #rest(signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    const over = AbortSignal.any([signal, woken.signal]);
    await this.options.clock.sleep(this.options.everyMs, over).catch(unlessAborted(over));
  }
}
