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
