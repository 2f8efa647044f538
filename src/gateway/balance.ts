import type { Clock } from '../system/clock.js';
import { type Loaded, NotTold } from './inquiries.js';
import type { Load } from './shedding.js';

/** A worker that can be asked what it has to do, and told to have less. */
export interface BalancedProcess {
  readonly measured: Loaded;
  /** Has it close so many of its connections, each after an answer. */
  shed(connections: number): void;
}

/** Between two looks, ms. */
const STEP_MS = 500;
/** Whoever is idle for longer than it is busy answers at once: its clients would gain nothing. */
const BUSY = 0.5;
/** So many connections more than its share are no matter. */
const SLACK = 2;
const SLACK_PART = 1 / 8;
/** At one look: where the others are not given what one sheds, all comes back to it, and is not to keep it busy. */
const MOST = 32;

/**
 * Sees to it that no worker has many more busy connections than the others. Which of them gets a new one is for the kernel to say, and of many that are opened at once one may get nearly all.
 */
export class Balance {
  readonly #workers = new Set<BalancedProcess>();
  #timer: { cancel(): void } | undefined;
  #isStopped = false;

  constructor(private readonly clock: Clock) {}

  /** It serves. */
  add(worker: BalancedProcess): void {
    this.#workers.add(worker);
  }

  /** It has ended. */
  end(worker: BalancedProcess): void {
    this.#workers.delete(worker);
  }

  start(): void {
    if (this.#isStopped) return;
    this.#timer = this.clock.after(STEP_MS, () => void this.#even().finally(() => this.start()));
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  async #even(): Promise<void> {
    const told = await Promise.all([...this.#workers].map(loadOf));
    const loads = told.flat();
    const surpluses = surplusesOf(loads.map(({ load }) => load));
    for (const [index, { worker }] of loads.entries()) {
      const surplus = surpluses[index] ?? 0;
      if (surplus > 0) worker.shed(surplus);
    }
  }
}

/** Nothing of one that drains, has ended or does not answer: it takes no share. */
async function loadOf(worker: BalancedProcess): Promise<{ worker: BalancedProcess; load: Load }[]> {
  try {
    const load = await worker.measured.load();
    return load ? [{ worker, load }] : [];
  } catch (error) {
    if (error instanceof NotTold) return [];
    throw error;
  }
}

/** How many connections each is to close, in the order of `loads`. */
export function surplusesOf(loads: readonly Load[]): number[] {
  const share = loads.reduce((sum, { connections }) => sum + connections, 0) / loads.length;
  const slack = Math.max(SLACK, share * SLACK_PART);
  return loads.map(({ connections, busy }) => {
    const surplus = connections - share;
    return busy < BUSY || surplus <= slack ? 0 : Math.min(Math.floor(surplus), MOST);
  });
}
