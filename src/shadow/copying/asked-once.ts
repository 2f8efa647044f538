import type { Clock } from '../../system/clock.js';

const KNOWN_FOR_MS = 300_000;

/** Something of a bucket's settings, asked once in five minutes. */
export class AskedOnce<T> {
  #asked: { readonly at: number; readonly value: Promise<T> } | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly ask: (signal: AbortSignal) => Promise<T>,
  ) {}

  /** Rejects as `ask` does, which is asked again then. */
  value(signal: AbortSignal): Promise<T> {
    const now = this.clock.now();
    if (this.#asked !== undefined && now - this.#asked.at <= KNOWN_FOR_MS) return this.#asked.value;
    const asked = { at: now, value: this.ask(signal) };
    this.#asked = asked;
    asked.value.catch(() => {
      if (this.#asked === asked) this.#asked = undefined;
    });
    return asked.value;
  }
}
