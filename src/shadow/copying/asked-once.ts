import type { Clock } from '../../system/clock.js';

const KNOWN_FOR_MS = 300_000;

/** Something of a bucket's settings, asked once in five minutes. */
export class AskedOnce<T> {
  #known: { readonly at: number; readonly value: T } | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly ask: (signal: AbortSignal) => Promise<T>,
  ) {}

  /** Rejects as `ask` does, which is asked again then. */
  async value(signal: AbortSignal): Promise<T> {
    const now = this.clock.now();
    if (this.#known === undefined || now - this.#known.at > KNOWN_FOR_MS)
      this.#known = { at: now, value: await this.ask(signal) };
    return this.#known.value;
  }
}
