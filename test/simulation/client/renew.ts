import type { ReplaceOutcome } from '../../../src/shadow/copying/replace.js';
import { judgeDrift } from '../../../src/sweep/compare/drift.js';
import { FROM } from '../record.js';
import type { Client, Outcome } from './client.js';

/** As no listing shows an object, so that it is asked for. */
const UNLIKE = { etag: '"listed"', size: -1, lastModified: '' };

/** The sweep lets a source win over its copy: to clients that is a write of somebody's who asked for that copy. */
export async function renew(client: Client, key: string): Promise<void> {
  const { history, weather, store, stores } = client.surroundings;
  const { status, headers } = await store('shadow').ask('HEAD', key);
  if (status !== 200) return;
  const source = { ...UNLIKE, key, etag: headers.etag ?? '' };
  const row = { key, source, target: { ...UNLIKE, key }, isDeleted: false };
  const { signal } = new AbortController();
  const drift = await judgeDrift(row, { target: stores.target, provenance: true, from: FROM, signal });
  const { verdict, targetETag: etag = '' } = drift;
  if (verdict !== 'drifted') return;
  await weather.scheduler.pause();
  const expected = history.valueOf(etag);
  const write = { kind: 'put-if-match', expected, invoked: history.now() } as const;
  const outcome = await client.unlessDead(replaced(client, key, etag));
  // Recovery gives the shadow what the target has: so it may have another object than it was seen to have.
  const value = history.valueOf(outcome?.state === 'replaced' ? outcome.etag : source.etag);
  client.recordWrite(key, { ...write, value, outcome: asWrite(outcome) });
  if (outcome) client.surroundings.tally.count('rule', `a copy was ${outcome.state}`);
}

async function replaced(client: Client, key: string, etag: string): Promise<ReplaceOutcome> {
  const { service, replaceCopy } = client.bucket;
  try {
    return await replaceCopy(key, { etag, service, signal: new AbortController().signal });
  } catch (error) {
    // As with what a client asks: anything that is no answer may have taken effect, or not.
    return { state: 'failed', reason: String(error) };
  }
}

function asWrite(outcome: ReplaceOutcome | undefined): Outcome {
  if (outcome?.state === 'replaced') return 'done';
  return outcome?.state === 'kept' ? 'refused' : 'unknown';
}
