import { describe, expect, it } from 'vitest';
import { groupedCommits } from '../../src/state/grouped-commits.js';
import { type Kv, type KvCommit, KvUnavailable } from '../../src/state/kv.js';
import { ManualClock } from '../support/manual-clock.js';
import { temporaryKv } from './temporary-kv.js';

/** A state, what was sent to it, and a way to keep the first commit from being answered until the rest has come. */
async function counted(fail?: (commit: KvCommit) => boolean) {
  const kv = await temporaryKv();
  const sent: KvCommit[] = [];
  const counting: Kv = {
    ...kv,
    get: (key) => kv.get(key),
    async commit(commit) {
      sent.push(commit);
      await new Promise((resolve) => setImmediate(resolve));
      if (fail?.(commit)) throw new KvUnavailable('no answer');
      return kv.commit(commit);
    },
  };
  const clock = new ManualClock();
  const { prompt, patient } = groupedCommits(counting, clock);
  return { kv, grouped: prompt, patient, clock, sent };
}

const set = (key: string, version: string | null = null): KvCommit => ({
  checks: [{ key, version }],
  sets: [{ key, value: `of ${key}` }],
});

it('sends the first commit at once, and together what comes while it is under way', async () => {
  const { kv, grouped, sent } = await counted();
  const keys = Array.from({ length: 20 }, (_, index) => `k${index}`);
  const versions = await Promise.all(keys.map((key) => grouped.commit(set(key))));
  expect(versions.every((version) => version !== null)).toBe(true);
  expect(sent.map(({ sets }) => sets?.length)).toEqual([1, 19]);
  for (const [index, key] of keys.entries()) expect((await kv.get(key))?.version).toBe(versions[index]);
});

it('answers each of a group by itself when a check of one does not hold', async () => {
  const { kv, grouped } = await counted();
  await kv.commit(set('taken'));
  const [first, taken, other] = await Promise.all(
    ['first', 'taken', 'other'].map((key) => grouped.commit(set(key))),
  );
  expect([first, taken, other]).toEqual([expect.any(String), null, expect.any(String)]);
  expect((await kv.get('other'))?.value).toBe('of other');
});

it('keeps commits of one key in the order in which they came', async () => {
  const { kv, grouped } = await counted();
  const [, one, other] = await Promise.all([
    grouped.commit(set('busy')),
    grouped.commit({ sets: [{ key: 'k', value: 'one' }] }),
    grouped.commit({ sets: [{ key: 'k', value: 'other' }] }),
  ]);
  expect([one, other]).toEqual([expect.any(String), expect.any(String)]);
  expect((await kv.get('k'))?.value).toBe('other');
});

it('tells all of a group that was not answered that it may have applied, and goes on with the next', async () => {
  const { grouped } = await counted(({ sets = [] }) => sets.some(({ key }) => key === 'lost'));
  const ends = await Promise.allSettled([
    grouped.commit(set('first')),
    grouped.commit(set('lost')),
    grouped.commit(set('with it')),
  ]);
  expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
  expect(await grouped.commit(set('later'))).toEqual(expect.any(String));
});

it('sends no more than 256 commits together', async () => {
  const { grouped, sent } = await counted();
  await Promise.all(Array.from({ length: 600 }, (_, index) => grouped.commit(set(`k${index}`))));
  expect(sent.map(({ sets }) => sets?.length)).toEqual([1, 256, 256, 87]);
});

const sizes = (sent: readonly KvCommit[]) => sent.map(({ sets }) => sets?.length);

/** So long that all has been sent that does not wait for the clock. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 30));

describe('patient commits', () => {
  it('wait 3 ms for others once several have come at a time', async () => {
    const { patient, clock, sent } = await counted();
    await Promise.all(['a', 'b', 'c'].map((key) => patient.commit(set(key))));
    const waiting = patient.commit(set('waiting'));
    await settled();
    clock.advance(2);
    const joining = patient.commit(set('joining'));
    await settled();
    expect(sizes(sent)).toEqual([1, 2]);
    clock.advance(1);
    await Promise.all([waiting, joining]);
    expect(sizes(sent)).toEqual([1, 2, 2]);
  });

  it('do not wait where they come one by one', async () => {
    const { patient, sent } = await counted();
    for (const key of ['a', 'b', 'c']) await patient.commit(set(key));
    expect(sizes(sent)).toEqual([1, 1, 1]);
  });

  it('wait no longer when one comes that does not wait, and go with it', async () => {
    const { grouped, patient, sent } = await counted();
    await Promise.all(['a', 'b', 'c'].map((key) => grouped.commit(set(key))));
    const waiting = patient.commit(set('waiting'));
    await settled();
    expect(sizes(sent)).toEqual([1, 2]);
    await Promise.all([waiting, grouped.commit(set('prompt'))]);
    expect(sizes(sent)).toEqual([1, 2, 2]);
  });

  it('wait no longer when they are 32', async () => {
    const { grouped, patient, sent } = await counted();
    await Promise.all(['a', 'b', 'c'].map((key) => grouped.commit(set(key))));
    await Promise.all(Array.from({ length: 32 }, (_, index) => patient.commit(set(`k${index}`))));
    expect(sizes(sent)).toEqual([1, 2, 32]);
  });
});
