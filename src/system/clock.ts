import { setTimeout as sleepFor } from 'node:timers/promises';

/** The only source of time: whatever waits or expires takes one, so that a simulation can own it. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls back once after `ms` milliseconds unless cancelled. Never keeps the process alive by itself. */
  after(ms: number, callback: () => void): { cancel(): void };
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) => sleepFor(ms, undefined, signal ? { signal } : {}),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};

/** How long something takes: milliseconds and their fractions since some moment before, whatever becomes of the time of day. */
export type Stopwatch = () => number;

export const systemStopwatch: Stopwatch = () => performance.now();
