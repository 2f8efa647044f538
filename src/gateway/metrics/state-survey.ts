import { KvUnavailable } from '../../state/kv.js';
import type { Clock } from '../../system/clock.js';
import type { Logger } from '../../system/logger.js';
import type { StateFigures } from './state-figures.js';

export interface StateSurveyOptions {
  readonly read: (signal: AbortSignal) => Promise<StateFigures>;
  readonly show: (figures: StateFigures) => void;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'error'>;
}

/** What all gateways share costs walks of the state, so it is not read more often than that, ms, nor twice at once. */
const EVERY_MS = 30_000;

/** Reads in the background what all gateways share, if anybody wants to know it. */
export class StateSurvey {
  readonly #closing = new AbortController();
  #begunAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(private readonly options: StateSurveyOptions) {}

  /** What is shown by now is shown; what is newer, soon. */
  want(): void {
    const now = this.options.clock.now();
    if (this.#reading || now - this.#begunAt < EVERY_MS || this.#closing.signal.aborted) return;
    this.#begunAt = now;
    this.#reading = this.#read().finally(() => {
      this.#reading = undefined;
    });
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#reading;
  }

  /** How old it is tells that it could not be read. */
  async #read(): Promise<void> {
    const { read, show, log } = this.options;
    const { signal } = this.#closing;
    try {
      show(await read(signal));
    } catch (error) {
      if (signal.aborted || error instanceof KvUnavailable) return;
      log.error({ err: error }, 'what metrics tell of the state could not be read');
    }
  }
}
