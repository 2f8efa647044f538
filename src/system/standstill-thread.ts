/** The program of the thread that watches the event loop of its process. */
import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { systemClock } from './clock.js';
import type { Watch } from './standstill.js';

async function watch({ beats, intervalMs, patience }: Watch): Promise<never> {
  const count = new Int32Array(beats);
  for (let still = 0; still < patience; ) {
    const before = Atomics.load(count, 0);
    await systemClock.sleep(intervalMs);
    still = Atomics.load(count, 0) === before ? still + 1 : 0;
  }
  // The loop that stands still would have to write it otherwise.
  writeSync(STDERR, `${JSON.stringify(told())}\n`);
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => undefined);
}

const STDERR = 2;
/** Of pino, "fatal". */
const FATAL = 60;

const told = () => ({
  level: FATAL,
  time: new Date(systemClock.now()).toISOString(),
  pid: process.pid,
  msg: 'the event loop stands still: the process is ended',
});

await watch(workerData as Watch);
