import { type Measured, NotTold, type Readings } from '../inquiries.js';
import { combinedRecent, type Recent, type RecentWish } from '../recent/recent.js';
import { combined } from './measuring.js';

/** A process that can be asked for what it has measured. */
export interface MeasuredProcess {
  readonly pid: number | undefined;
  readonly measured: Measured;
}

const ADDED_UP: ReadonlySet<string> = new Set(['counter', 'histogram']);

/**
 * What several workers have measured, as one. Those that have ended stay in the sums, as they were read last: a counter that fell would look as if
 * it had begun anew.
 */
export class WorkerReadings implements Measured {
  readonly #last = new Map<MeasuredProcess, Readings>();
  #ended: Readings[] = [];
  #gathering: Promise<Readings> | undefined;

  /** It serves. */
  add(worker: MeasuredProcess): void {
    this.#last.set(worker, []);
  }

  /** It has ended. */
  end(worker: MeasuredProcess): void {
    const last = this.#last.get(worker) ?? [];
    this.#last.delete(worker);
    this.#ended.push(last.filter(({ type }) => ADDED_UP.has(type)));
  }

  /** Rejects when one does not answer: without it, the sums would be wrong. Those who ask at once share the answer. */
  metrics(): Promise<Readings> {
    this.#gathering ??= this.#gather().finally(() => {
      this.#gathering = undefined;
    });
    return this.#gathering;
  }

  /** As `metrics`. What a worker has seen is forgotten with it. */
  async recent(of: RecentWish): Promise<Recent> {
    const workers = [...this.#last.keys()];
    const read = await Promise.all(
      workers.map(async (worker) => {
        try {
          return [await worker.measured.recent(of)];
        } catch (error) {
          return this.#failed(worker, error);
        }
      }),
    );
    return combinedRecent(read.flat());
  }

  async #gather(): Promise<Readings> {
    const workers = [...this.#last.keys()];
    await Promise.all(workers.map((worker, index) => this.#ask(worker, index === 0)));
    const ended = this.#ended.splice(0);
    this.#ended.unshift(await combined(ended));
    return combined([...this.#ended, ...this.#last.values()]);
  }

  /** One of them tells what all gateways share. */
  async #ask(worker: MeasuredProcess, shared: boolean): Promise<void> {
    try {
      const readings = await worker.measured.metrics({ shared });
      if (this.#last.has(worker)) this.#last.set(worker, readings);
    } catch (error) {
      this.#failed(worker, error);
    }
  }

  /** One that has ended meanwhile has nothing to tell. */
  #failed(worker: MeasuredProcess, cause: unknown): [] {
    if (this.#last.has(worker)) throw new NotTold(`worker ${worker.pid} was not read`, { cause });
    return [];
  }
}
