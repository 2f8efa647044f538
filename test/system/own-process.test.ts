import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { hasEnded, ownProcess, type ProcessMark } from '../../src/system/own-process.js';

/** A process of its own. */
async function another() {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000); console.log("up")']);
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return child;
}

it.runIf(existsSync('/proc/self/stat'))(
  'a process of this machine has ended once it is killed, reaped or not',
  async () => {
    const own = ownProcess() as ProcessMark;
    expect(hasEnded(own)).toBe(false);
    expect(hasEnded({ ...own, started: '1' })).toBe(true);
    const child = await another();
    const mark = { ...own, pid: child.pid ?? 0 };
    expect(hasEnded({ ...mark, started: '0' })).toBe(true);
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
    expect(hasEnded(mark)).toBe(true);
  },
);

it.runIf(existsSync('/proc/self/stat'))(
  'of a process of another machine or container nothing is known',
  () => {
    const own = ownProcess() as ProcessMark;
    expect(hasEnded({ ...own, machine: 'another boot pid:[1]', pid: 999_999_999 })).toBe(false);
  },
);
