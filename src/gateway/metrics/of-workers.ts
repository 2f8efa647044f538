import type { About, Readings } from '../inquiries.js';
import { combined } from './measuring.js';

/** A process that can be asked what it has measured. */
export interface Measured {
  readonly pid: number | undefined;
  readMetrics(about: Exclude<About, 'all'>): Promise<Readings>;
}

const ADDED_UP: ReadonlySet<string> = new Set(['counter', 'histogram']);

/**
 * What several workers have measured, as one. Those that have ended stay in the sums, as they were read last: a counter that fell would look as if
 * it had begun anew.
 */
export class WorkerReadings {
  readonly #last = new Map<Measured, Readings>();
  #ended: Readings[] = [];
  #gathering: Promise<Readings> | undefined;

  /** It serves. */
  add(worker: Measured): void {
    this.#last.set(worker, []);
  }

  /** It has ended. */
  end(worker: Measured): void {
    const last = this.#last.get(worker) ?? [];
    this.#last.delete(worker);
    this.#ended.push(last.filter(({ type }) => ADDED_UP.has(type)));
  }

  /** Rejects when one does not answer: without it, the sums would be wrong. Those who ask at once share the answer. */
  gather(): Promise<Readings> {
    this.#gathering ??= this.#gather().finally(() => {
      this.#gathering = undefined;
    });
    return this.#gathering;
  }

  async #gather(): Promise<Readings> {
    const workers = [...this.#last.keys()];
    await Promise.all(workers.map((worker, index) => this.#ask(worker, index === 0)));
    const ended = this.#ended.splice(0);
    this.#ended.unshift(await combined(ended));
    return combined([...this.#ended, ...this.#last.values()]);
  }

  /** One of them tells what all gateways share. */
  async #ask(worker: Measured, tellsShared: boolean): Promise<void> {
    try {
      const readings = await worker.readMetrics(tellsShared ? 'own and shared' : 'own');
      if (this.#last.has(worker)) this.#last.set(worker, readings);
    } catch (error) {
      if (this.#last.has(worker)) throw new Error(`worker ${worker.pid} was not read`, { cause: error });
    }
  }
}
