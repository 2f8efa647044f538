import { inject } from 'vitest';
import type { Rgw } from './rgw.js';

/** The object gateway that all test files of a run share; the first one that asks waits for its start. */
export async function sharedRgw(): Promise<Rgw> {
  const response = await fetch(inject('rgwBroker'));
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as Rgw;
}
