import type { Clock } from '../system/clock.js';
import type { Logger } from '../system/logger.js';
import { Balance } from './balance.js';
import type { Config } from './config.js';
import type { Gateway } from './gateway.js';
import { WorkerReadings } from './metrics/of-workers.js';
import { type ReadyReport, startWorker, type WorkerProcess } from './worker-process.js';

interface WorkersOptions {
  readonly clock: Clock;
  readonly log: Logger;
}

/** Before one that has ended is replaced: one that cannot live must not keep the machine busy. */
const PAUSE_MS = 1_000;
/** Longer than a gateway takes to drain. */
const DRAIN_MS = 40_000;

/**
 * Starts `config.workers` gateways on one port, each a process of its own, and replaces those that end. This process opens
 * neither state nor storage. Throws what keeps a gateway from starting, with none left running.
 */
export async function startWorkers(
  config: Config,
  options: WorkersOptions,
): Promise<Pick<Gateway, 'url' | 'adminPassword' | 'close'>> {
  const workers = new Workers(config, options);
  const close = () => workers.close();
  try {
    const { url, adminPassword } = await workers.start();
    return { url, adminPassword, close };
  } catch (error) {
    await close();
    throw error;
  }
}

class Workers {
  readonly #running = new Set<WorkerProcess>();
  readonly #readings = new WorkerReadings();
  readonly #balance: Balance;
  #config: Config;
  #port: number;
  #isClosing = false;

  constructor(
    config: Config,
    private readonly options: WorkersOptions,
  ) {
    this.#config = config;
    this.#port = config.port;
    this.#balance = new Balance(options.clock);
  }

  /** One starts before all others: what keeps a gateway from starting is told once, and a password is made once. */
  async start(): Promise<ReadyReport> {
    const first = await this.#add();
    await Promise.all(Array.from({ length: this.#config.workers - 1 }, () => this.#add()));
    this.#balance.start();
    return first;
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    this.#balance.stop();
    await Promise.all([...this.#running].map((worker) => this.#stop(worker)));
  }

  async #add(): Promise<ReadyReport> {
    // A port that the system chose is given up with the last worker, and has to be asked for by its number then.
    if (this.#running.size === 0) this.#config = { ...this.#config, port: this.#port };
    const worker = startWorker(this.#config, {
      measured: this.#readings,
      clock: this.options.clock,
    });
    this.#running.add(worker);
    worker.ended.then(() => this.#running.delete(worker));
    const report = await worker.ready;
    this.#port = report.port;
    this.#readings.add(worker);
    this.#balance.add(worker);
    worker.ended.then((how) => {
      this.#readings.end(worker);
      this.#balance.end(worker);
      return this.#replace(worker, how);
    });
    return report;
  }

  async #replace({ pid }: WorkerProcess, how: number | string): Promise<void> {
    const { clock, log } = this.options;
    if (this.#isClosing) return;
    log.warn({ pid, how }, 'a worker has ended and is replaced');
    do await clock.sleep(PAUSE_MS);
    while (!this.#isClosing && !(await this.#hasAdded()));
  }

  async #hasAdded(): Promise<boolean> {
    try {
      await this.#add();
      return true;
    } catch (error) {
      this.options.log.error({ err: error }, 'a worker could not be started; it is tried again');
      return false;
    }
  }

  async #stop(worker: WorkerProcess): Promise<void> {
    worker.stop();
    const late = this.options.clock.after(DRAIN_MS, () => worker.kill());
    await worker.ended;
    late.cancel();
  }
}
