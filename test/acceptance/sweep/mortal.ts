import { readFile } from 'node:fs/promises';
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

  /** `kill -9` to one of the processes that it has started (Linux). */
  async killChild(): Promise<void> {
    const pid = this.#process?.pid ?? 0;
    const [child] = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ');
    process.kill(Number(child), 'SIGKILL');
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#process?.stop();
  }
}
