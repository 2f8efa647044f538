import { readFileSync } from 'node:fs';

const STARTED = 19;

/**
 * Names this process among all that ran on this machine: `pid-start`. Whoever shares a folder has to share the process
 * ids too, as the lock table of LMDB demands anyway.
 */
export const PROCESS_TAG = `${process.pid}-${startOf(process.pid)}`;

/** Whether the process with this tag still runs: one that took over its id does not count. */
export function isRunning(tag: string): boolean {
  const [pid, start] = tag.split('-');
  return exists(Number(pid)) && start === startOf(Number(pid));
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there, and somebody else's.
    return codeOf(error) === 'EPERM';
  }
}

/** When a process started, in ticks since the boot; '0' where the system has no /proc. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field, the name, is in parentheses and may hold spaces.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[STARTED] ?? '0';
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ESRCH') return '0';
    throw error;
  }
}

/** The code of a system error, such as ENOENT; undefined when it is none. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
