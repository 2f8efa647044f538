import { readFile } from 'node:fs/promises';

/** proc(5), /proc/pid/stat: utime and stime in ticks, of which there are 100 in a second. */
export async function cpuSecondsOf(pid: number): Promise<number> {
  const fields = await statOf(`${pid}`);
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** As above, of all children that have ended. */
export async function cpuSecondsOfChildren(): Promise<number> {
  const fields = await statOf('self');
  return (Number(fields[13]) + Number(fields[14])) / 100;
}

/** As above, of a process and all below it that still run. */
export async function cpuSecondsOfTree(pid: number): Promise<number> {
  const all = await treeOf(pid);
  return sum(await Promise.all(all.map(cpuSecondsOf)));
}

/** What a process and all below it had in memory at most, each at its own time. */
export async function peakMiBOfTree(pid: number): Promise<number> {
  const all = await treeOf(pid);
  return sum(await Promise.all(all.map((one) => residentMiB(one, 'VmHWM'))));
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

/** A process and all below it that still run, itself first. */
export async function treeOf(pid: number): Promise<number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  const below = await Promise.all(children.split(' ').filter(Boolean).map(Number).map(treeOf));
  return [pid, ...below.flat()];
}

/** The fields behind the name of the program, which may have blanks. */
async function statOf(pid: string): Promise<string[]> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** What a process has in memory now, or had at most. */
export async function residentMiB(pid: number, field: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024;
}
