import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Kv } from '../../src/state/kv.js';
import { Ledger } from '../../src/state/ledger.js';
import { systemClock } from '../../src/system/clock.js';
import { TIMES } from '../../src/system/times.js';
import { temporaryKv } from './temporary-kv.js';

const KEYS = Array.from({ length: 100 }, (_, index) => `k${index}`);

const ledgerOn = (kv: Kv) => new Ledger(kv, 'b', systemClock, { times: TIMES, epoch: 7, waitMs: 50 });

async function emptyLedger() {
  const kv = await temporaryKv();
  return { kv, ledger: ledgerOn(kv), batch: ledgerOn(kv).batch };
}

const keysOf = (intents: readonly { readonly key: string }[]) => intents.map(({ key }) => key);

/** A state in which somebody else acts before each commit: as often as there are acts left. */
const disturbed = (kv: Kv, acts: (() => Promise<unknown>)[]): { kv: Kv; commits: () => number } => {
  let commits = 0;
  const commit: Kv['commit'] = async (wanted) => {
    commits += 1;
    await acts.shift()?.();
    return kv.commit(wanted);
  };
  const get: Kv['get'] = (key) => kv.get(key);
  const getMany: Kv['getMany'] = (keys) => kv.getMany(keys);
  const list: Kv['list'] = (range) => kv.list(range);
  const watch: Kv['watch'] = (prefix, onChange) => kv.watch(prefix, onChange);
  return { kv: { get, getMany, list, commit, watch, close: () => kv.close() }, commits: () => commits };
};

describe('a batch of intents', () => {
  it('is announced for each key by one commit, and ends by one', async () => {
    const { kv } = await emptyLedger();
    const { kv: counted, commits } = disturbed(kv, []);
    const { batch } = ledgerOn(counted);
    const ledger = ledgerOn(kv);
    const intents = await batch.openIntents(KEYS, 'exclusive', 'pending');
    expect(keysOf(intents)).toEqual(KEYS);
    expect(commits()).toBe(1);
    expect(await ledger.record('k0')).toMatchObject({
      intents: [{ id: intents[0]?.id, mode: 'exclusive', epoch: 7, until: intents[0]?.until }],
      tombstone: { shadowDelete: 'pending' },
    });
    await batch.closeIntents(intents);
    expect(commits()).toBe(2);
    expect((await ledger.record('k0')).intents).toEqual([]);
  });

  it('voids the tokens of copies', async () => {
    const { ledger, batch } = await emptyLedger();
    const { token } = await ledger.openCopy('k0');
    if (!token) throw new Error('no token was given');
    await batch.openIntents(KEYS, 'shared');
    expect(await ledger.beginCommit(token)).toBe(false);
  });

  it('leaves out keys whose copy is committing, and those that another writer has for itself', async () => {
    const { ledger, batch } = await emptyLedger();
    const { token } = await ledger.openCopy('copied');
    if (!token) throw new Error('no token was given');
    await ledger.beginCommit(token);
    await ledger.openIntent('written', 'exclusive');
    await ledger.openIntent('shared', 'shared');
    const keys = ['copied', 'free', 'shared', 'written'];
    expect(keysOf(await batch.openIntents(keys, 'shared'))).toEqual(['free', 'shared']);
    expect(keysOf(await batch.openIntents([...keys, 'other'], 'exclusive'))).toEqual(['other']);
  });

  it('of two at the same time goes to one of them, for each key', async () => {
    const someKeys = fc.uniqueArray(fc.constantFrom(...KEYS.slice(0, 12)), { minLength: 1 });
    const { kv, ledger } = await emptyLedger();
    await fc.assert(
      fc.asyncProperty(someKeys, someKeys, async (some, others) => {
        const batches = await Promise.all([
          ledgerOn(kv).batch.openIntents(some, 'exclusive'),
          ledgerOn(kv).batch.openIntents(others, 'exclusive'),
        ]);
        expect(keysOf(batches.flat()).sort()).toEqual([...new Set([...some, ...others])].sort());
        for (const intents of batches) await ledger.batch.closeIntents(intents);
      }),
      { numRuns: 30 },
    );
  });
});

describe('a batch that is disturbed', () => {
  it('is judged anew for the keys that others changed, and goes on for all others', async () => {
    const { kv, ledger } = await emptyLedger();
    const disturbance = disturbed(kv, [() => ledger.openIntent('k31', 'exclusive')]);
    const intents = await ledgerOn(disturbance.kv).batch.openIntents(KEYS, 'exclusive');
    expect(keysOf(intents)).toEqual(KEYS.filter((key) => key !== 'k31'));
    expect(disturbance.commits()).toBe(3);
  });

  it('leaves out a key that others never let alone', async () => {
    const { kv, ledger } = await emptyLedger();
    const again = () => ledger.bury('k31', 'kept');
    const disturbance = disturbed(kv, Array(1_000).fill(again));
    const intents = await ledgerOn(disturbance.kv).batch.openIntents(KEYS, 'exclusive');
    expect(keysOf(intents)).toEqual(KEYS.filter((key) => key !== 'k31'));
  });
});

describe('a batch of deletes', () => {
  it('sets a tombstone for each key whose intent was not lost, and keeps the intents', async () => {
    const { ledger, batch } = await emptyLedger();
    const intents = await batch.openIntents(['held', 'lost'], 'shared');
    await batch.closeIntents(intents.filter(({ key }) => key === 'lost'));
    expect(keysOf(await batch.bury(intents, 'kept'))).toEqual(['held']);
    expect(await ledger.isDeleted('lost')).toBe(false);
    expect(await ledger.record('held')).toMatchObject({
      intents: [{ mode: 'shared' }],
      tombstone: { shadowDelete: 'kept' },
    });
  });

  it('notes how the shadow took each, and closes the intents in the same commit', async () => {
    const { kv, ledger, batch } = await emptyLedger();
    const intents = await batch.openIntents(['done', 'failed'], 'exclusive', 'pending');
    const { kv: counted, commits } = disturbed(kv, []);
    const owed = await ledger.owedDeletes(['done', 'failed']);
    const told = new Map([
      ['done', { generation: owed.get('done') ?? '' }],
      ['failed', { generation: owed.get('failed') ?? '', error: 'status 503' }],
    ]);
    await ledgerOn(counted).batch.noteShadowDeletes(told, intents);
    expect(commits()).toBe(1);
    expect(await ledger.record('done')).toMatchObject({ intents: [], tombstone: { shadowDelete: 'done' } });
    expect(await ledger.record('failed')).toMatchObject({
      intents: [],
      tombstone: { shadowDelete: 'pending', lastError: 'status 503' },
    });
  });

  it('makes no commit of nothing', async () => {
    const { kv } = await emptyLedger();
    const { kv: counted, commits } = disturbed(kv, []);
    const { batch } = ledgerOn(counted);
    expect(await batch.openIntents([], 'shared')).toEqual([]);
    await batch.closeIntents([]);
    await batch.noteShadowDeletes(new Map([['never deleted', { generation: 'g' }]]), []);
    expect(commits()).toBe(0);
  });
});
