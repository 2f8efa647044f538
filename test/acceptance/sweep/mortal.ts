import { systemClock } from '../../../src/system/clock.js';
import type { RunningProcess } from '../../support/processes.js';

/** A process that is killed and started anew, as a supervisor would. */
export class Mortal {
  #process: RunningProcess | undefined;
  #isClosed = false;

  constructor(private readonly begin: () => Promise<RunningProcess>) {}

  async start(): Promise<this> {
    this.#process = await this.begin();
    return this;
  }

  /** `kill -9`, and up again. */
  async killAndRestart(): Promise<void> {
    await this.#process?.stop('SIGKILL');
    while (!this.#isClosed) {
      try {
        await this.start();
        return;
      } catch {
        // Its successor may come before what held its port or its state is gone.
        await systemClock.sleep(500);
      }
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#process?.stop();
  }
}
