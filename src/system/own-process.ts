import { readFileSync, readlinkSync } from 'node:fs';

/** What tells a process from all others that ever ran on a machine, while that is up. */
export interface ProcessMark {
  /** The boot of the machine, and the PID namespace in which `pid` is one: two containers may both have a process 1. */
  readonly machine: string;
  readonly pid: number;
  /** In clock ticks since the boot (proc(5), starttime): a pid is given again. */
  readonly started: string;
}

/** This process; undefined where the system does not tell (it is Linux that has /proc). */
export function ownProcess(): ProcessMark | undefined {
  try {
    const { pid } = process;
    const { started } = statOf(pid);
    return { machine: ownMachine(), pid, started };
  } catch (error) {
    return unlessUntold(error);
  }
}

/** Whether a process has ended for certain. One of another machine, or of another container, may live for all that is known. */
export function hasEnded({ machine, pid, started }: ProcessMark): boolean {
  if (machine !== ownProcess()?.machine) return false;
  try {
    const found = statOf(pid);
    return found.started !== started || ENDED.has(found.state);
  } catch (error) {
    unlessUntold(error);
    return true;
  }
}

/** Ended, but for its exit status, which nobody has asked for yet. */
const ENDED: ReadonlySet<string> = new Set(['Z', 'X']);

const ownMachine = (): string => {
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
};

/** proc(5): the name of the program, in brackets, may hold anything; the state is the first field behind it, starttime the 20th. */
function statOf(pid: number): { readonly state: string; readonly started: string } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', started: fields[19] ?? '' };
}

/** No such file, or (ESRCH) a process that ended while it was being read. */
function unlessUntold(error: unknown): undefined {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ENOENT' && code !== 'ESRCH') throw error;
}
