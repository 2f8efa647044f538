import cluster from 'node:cluster';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../system/clock.js';
import { memorySettings } from '../system/environment.js';
import type { BalancedProcess } from './balance.js';
import type { Config } from './config.js';
import type { Gateway } from './gateway.js';
import { type Answer, answerTo, Inquiries, type Loaded, type Measured, type Question } from './inquiries.js';
import type { MeasuredProcess } from './metrics/of-workers.js';

export type ReadyReport = Pick<Gateway, 'url' | 'port' | 'adminPassword'>;

/** The first message of a worker, which is answered with its configuration. */
export const LISTENS = 'listens';

/** What it says next: that it serves, or what keeps it from that. */
export type WorkerReport = ReadyReport | { readonly failure: string };

/** What it is told besides its configuration. */
export type Instruction = typeof STOP | Question | Answer | Shed;

export const STOP = 'stop';

/** So many connections are to be closed. */
export interface Shed {
  readonly shed: number;
}

/** A worker as the process sees it that has started it. */
export interface WorkerProcess extends MeasuredProcess, BalancedProcess {
  readonly measured: Measured & Loaded;
  /** Rejects with what keeps it from serving. */
  readonly ready: Promise<ReadyReport>;
  /** Resolves to its exit code, or to the signal that ended it. */
  readonly ended: Promise<number | string>;
  /** Tells it to end: one that serves drains first. */
  stop(): void;
  kill(): void;
}

const PROGRAM = fileURLToPath(new URL('./worker.js', import.meta.url));

export interface WorkerOptions {
  /** What all workers have measured: any of them may be asked. */
  readonly measured: Measured;
  readonly clock: Clock;
}

/** Starts a gateway in a process of its own, on the port that the others have too. */
export function startWorker(config: Config, { measured, clock }: WorkerOptions): WorkerProcess {
  // Each accepts for itself: a connection handed to a worker that has just died would never be answered.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  cluster.setupPrimary({ exec: PROGRAM, args: [] });
  const worker = cluster.fork(memorySettings());
  const kill = () => void worker.process.kill('SIGKILL');
  const tell = (instruction: Instruction) => void (worker.isConnected() && worker.send(instruction));
  const inquiries = new Inquiries(tell, clock);
  let hasBegun = false;
  const ended = new Promise<number | string>((resolve) => {
    worker.once('exit', (code, signal) => resolve(signal ?? code));
  });
  const ready = new Promise<ReadyReport>((resolve, reject) => {
    worker.on('message', (message: typeof LISTENS | WorkerReport | Question | Answer) => {
      if (message === LISTENS) {
        hasBegun = true;
        worker.send(config);
      } else if ('question' in message) void answerTo(message, measured).then(tell);
      else if ('answer' in message) inquiries.take(message);
      else if ('failure' in message) reject(new Error(message.failure));
      else resolve(message);
    });
    // Nothing reaches one that is gone.
    worker.on('error', reject);
    ended.then((how) => {
      reject(new Error(`a worker ended (${how}) before it served`));
      inquiries.fail('the worker has ended');
    });
  });
  return {
    pid: worker.process.pid,
    ready,
    ended,
    stop() {
      if (!hasBegun) kill();
      else tell(STOP);
    },
    kill,
    shed: (connections) => tell({ shed: connections }),
    measured: inquiries,
  };
}
