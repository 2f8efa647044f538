import { JobRefused } from '../../jobs/refused.js';

/** What a job is called outside. */
export const jobName = (id: number): string => `maintenance:${id}`;

/** The number of the job that is called so, or by its number alone. @throws JobRefused for what is no name of a job */
export function jobNumber(name: string): number {
  const digits = /^(?:maintenance:)?(\d{1,12})$/.exec(name)?.[1];
  if (digits === undefined) throw new JobRefused('no_such_job', `no job "${name}"`);
  return Number(digits);
}
