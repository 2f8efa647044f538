import { Worker } from 'node:worker_threads';
import type { Clock } from './clock.js';

/** What the thread that watches is told. */
export interface Watch {
  /** Of one Int32: goes on as long as the event loop does. */
  readonly beats: SharedArrayBuffer;
  readonly intervalMs: number;
  /** Looks at a counter that stood still before the process is ended. */
  readonly patience: number;
}

export interface StandstillOptions {
  readonly clock: Clock;
  /** How often the loop shows that it goes on, ms. */
  readonly intervalMs?: number;
  readonly patience?: number;
}

/**
 * Ends this process, by SIGKILL, when its event loop stands still: then nothing in it can end it, nor let go of its port. A thread looks once a second, and ends
 * the process after 30 looks at a loop that did not go on: a machine that sleeps or is overloaded keeps the thread from looking as well.
 */
export function endWhenStandingStill({ clock, intervalMs = 1_000, patience = 30 }: StandstillOptions): {
  close(): Promise<void>;
} {
  const beats = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const count = new Int32Array(beats);
  const workerData: Watch = { beats, intervalMs, patience };
  const thread = new Worker(new URL('./standstill-thread.js', import.meta.url), { workerData, execArgv: [] });
  // It watches, and keeps nothing alive.
  thread.unref();
  let timer = clock.after(intervalMs, beat);
  function beat(): void {
    Atomics.add(count, 0, 1);
    timer = clock.after(intervalMs, beat);
  }
  return {
    async close() {
      timer.cancel();
      await thread.terminate();
    },
  };
}
