import cluster from 'node:cluster';
import { fileURLToPath } from 'node:url';
import type { Config } from './config.js';
import type { Gateway } from './gateway.js';

export type ReadyReport = Pick<Gateway, 'url' | 'port' | 'adminPassword'>;

/** The first message of a worker, which is answered with its configuration. */
export const LISTENS = 'listens';

/** What it says next, and last: that it serves, or what keeps it from that. */
export type WorkerReport = ReadyReport | { readonly failure: string };

/** A worker as the process sees it that has started it. */
export interface WorkerProcess {
  readonly pid: number | undefined;
  /** Rejects with what keeps it from serving. */
  readonly ready: Promise<ReadyReport>;
  /** Resolves to its exit code, or to the signal that ended it. */
  readonly ended: Promise<number | string>;
  /** Tells it to end: one that serves drains first. */
  stop(): void;
  kill(): void;
}

const PROGRAM = fileURLToPath(new URL('./worker.js', import.meta.url));

/** Starts a gateway in a process of its own, on the port that the others have too. */
export function startWorker(config: Config): WorkerProcess {
  // Each accepts for itself: a connection handed to a worker that has just died would never be answered.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  cluster.setupPrimary({ exec: PROGRAM, args: [] });
  const worker = cluster.fork();
  const kill = () => void worker.process.kill('SIGKILL');
  let hasBegun = false;
  const ended = new Promise<number | string>((resolve) => {
    worker.once('exit', (code, signal) => resolve(signal ?? code));
  });
  const ready = new Promise<ReadyReport>((resolve, reject) => {
    worker.on('message', (message: typeof LISTENS | WorkerReport) => {
      if (message === LISTENS) {
        hasBegun = true;
        worker.send(config);
      } else if ('failure' in message) reject(new Error(message.failure));
      else resolve(message);
    });
    // Nothing reaches one that is gone.
    worker.on('error', reject);
    ended.then((how) => reject(new Error(`a worker ended (${how}) before it served`)));
  });
  return {
    pid: worker.process.pid,
    ready,
    ended,
    stop() {
      if (!hasBegun) kill();
      else if (worker.isConnected()) worker.send('stop');
    },
    kill,
  };
}
