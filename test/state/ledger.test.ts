import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Kv } from '../../src/state/kv.js';
import { KeyBusy, Ledger } from '../../src/state/ledger.js';
import { openLmdbKv } from '../../src/state/lmdb-kv.js';
import { type Clock, systemClock } from '../../src/system/clock.js';
import { TIMES } from '../../src/system/times.js';

const KEY = 'photos/ß 🌘/';
const OPTIONS = { times: TIMES, waitMs: 50 };

let folder: string;
let kv: Kv;
let skew: number;
let ledger: Ledger;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'penumbra-ledger-'));
  kv = await openLmdbKv({ path: folder, clock: systemClock });
  skew = 0;
  const clock: Clock = { ...systemClock, now: () => Date.now() + skew };
  ledger = new Ledger(kv, 'bucket-1', clock, OPTIONS);
});

afterEach(async () => {
  await kv.close();
  await rm(folder, { recursive: true });
});

const pass = (ms: number) => {
  skew += ms;
};

async function tokenOf(key: string) {
  const { token } = await ledger.openCopy(key);
  if (!token) throw new Error('no token was given');
  return token;
}

const openKeys = async () => {
  const keys: string[] = [];
  for await (const key of ledger.openKeys()) keys.push(key);
  return keys;
};

const stored = () => kv.list({ prefix: '', limit: 100 });

describe('a copy token', () => {
  it('lets one copy commit, and leaves nothing behind', async () => {
    const token = await tokenOf(KEY);
    expect(await ledger.beginCommit(token)).toBe(true);
    await ledger.dropToken(token);
    expect(await stored()).toEqual([]);
  });

  it('is void after a write of the key began', async () => {
    const token = await tokenOf(KEY);
    await ledger.closeIntent(await ledger.openIntent(KEY, 'shared'));
    expect(await ledger.beginCommit(token)).toBe(false);
  });

  it('is void after the key was deleted', async () => {
    const token = await tokenOf(KEY);
    await ledger.bury(KEY, 'pending');
    expect(await ledger.beginCommit(token)).toBe(false);
  });

  it('is not given for a deleted key, nor while a write is under way', async () => {
    await ledger.openIntent('written', 'shared');
    expect(await ledger.openCopy('written')).toEqual({ deleted: false });
    await ledger.bury(KEY, 'pending');
    expect(await ledger.openCopy(KEY)).toEqual({ deleted: true });
  });

  it('of another key is not touched', async () => {
    const token = await tokenOf(`${KEY}other`);
    await ledger.bury(KEY, 'pending');
    expect(await ledger.beginCommit(token)).toBe(true);
  });
});

describe('a committing copy', () => {
  it('makes writes and deletes wait, for a bounded time', async () => {
    await ledger.beginCommit(await tokenOf(KEY));
    await expect(ledger.openIntent(KEY, 'exclusive')).rejects.toBeInstanceOf(KeyBusy);
    await expect(ledger.bury(KEY, 'pending')).rejects.toBeInstanceOf(KeyBusy);
    expect(await ledger.isDeleted(KEY)).toBe(false);
  });

  it('holds nobody back once its lease has run out', async () => {
    await ledger.beginCommit(await tokenOf(KEY));
    pass(TIMES.leaseMs + 1);
    await ledger.bury(KEY, 'pending');
    expect(await ledger.isDeleted(KEY)).toBe(true);
  });
});

describe('an exclusive intent', () => {
  it('is held by one writer at a time', async () => {
    const intent = await ledger.openIntent(KEY, 'exclusive');
    await expect(ledger.openIntent(KEY, 'exclusive')).rejects.toBeInstanceOf(KeyBusy);
    await expect(ledger.openIntent(KEY, 'shared')).rejects.toBeInstanceOf(KeyBusy);
    await ledger.closeIntent(intent);
    await ledger.openIntent(KEY, 'exclusive');
  });

  it('sets the tombstone of a delete in the same instant', async () => {
    const intent = await ledger.openIntent(KEY, 'exclusive', { deletes: 'pending' });
    expect(await ledger.isDeleted(KEY)).toBe(true);
    await ledger.closeIntent(intent);
    expect(await ledger.isDeleted(KEY)).toBe(true);
  });

  it('of a dead writer keeps others waiting until recovery has settled it', async () => {
    await ledger.openIntent(KEY, 'exclusive');
    pass(TIMES.leaseMs + 1);
    await expect(ledger.openIntent(KEY, 'exclusive')).rejects.toBeInstanceOf(KeyBusy);
    await expect(ledger.openIntent(KEY, 'shared')).rejects.toBeInstanceOf(KeyBusy);
    const adopted = await ledger.adoptDeadIntent(KEY);
    if (adopted) await ledger.closeIntent(adopted);
    await ledger.openIntent(KEY, 'exclusive');
  });

  it('of a dead writer is found and adopted by one recovery only', async () => {
    await ledger.openIntent(KEY, 'exclusive');
    expect(await ledger.adoptDeadIntent(KEY)).toBeUndefined();
    pass(TIMES.leaseMs + 1);
    expect(await openKeys()).toEqual([KEY]);
    const adopted = await ledger.adoptDeadIntent(KEY);
    expect(adopted?.key).toBe(KEY);
    expect(await ledger.adoptDeadIntent(KEY)).toBeUndefined();
  });
});

describe('shared intents', () => {
  it('do not exclude each other, and end by themselves', async () => {
    await ledger.openIntent(KEY, 'shared');
    await ledger.openIntent(KEY, 'shared');
    pass(TIMES.leaseMs + 1);
    const { token } = await ledger.openCopy(KEY);
    expect(token).toBeDefined();
  });
});

describe('tidying up', () => {
  it('forgets what has outlived its time, and the key is no longer open', async () => {
    await ledger.openIntent(KEY, 'shared');
    await tokenOf('other');
    expect((await ledger.tidy(KEY)).intents).toHaveLength(1);
    pass(TIMES.leaseMs + 1);
    expect((await ledger.tidy(KEY)).intents).toEqual([]);
    expect(await openKeys()).toEqual([]);
    expect((await ledger.record('other')).copies).toHaveLength(1);
  });

  it('leaves the exclusive intent of a dead writer to recovery', async () => {
    await ledger.openIntent(KEY, 'exclusive');
    pass(TIMES.leaseMs + 1);
    expect((await ledger.tidy(KEY)).intents).toHaveLength(1);
    expect(await ledger.adoptDeadIntent(KEY)).toBeDefined();
  });
});

describe('tombstones', () => {
  it('are found among many keys and under a prefix', async () => {
    await ledger.bury('a/1', 'pending');
    await ledger.bury('b', 'kept');
    expect(await ledger.deletedAmong(['a/1', 'a/2', 'b', 'c'])).toEqual(new Set(['a/1', 'b']));
    expect(await ledger.anyDeleted('a/')).toBe(true);
    expect(await ledger.anyDeleted('c')).toBe(false);
  });

  it('owe the shadow a delete until it is noted, and stay', async () => {
    await ledger.bury(KEY, 'pending');
    const generation = (await ledger.owedDeletes([KEY])).get(KEY) ?? '';
    await ledger.noteShadowDelete(KEY, { generation, error: 'status 503' });
    expect(await openKeys()).toEqual([KEY]);
    expect((await ledger.record(KEY)).tombstone?.lastError).toBe('status 503');
    await ledger.noteShadowDelete(KEY, { generation });
    expect(await openKeys()).toEqual([]);
    expect(await ledger.isDeleted(KEY)).toBe(true);
  });

  it('are all forgotten by clear, and those of other buckets are not', async () => {
    const other = new Ledger(kv, 'bucket-2', systemClock, OPTIONS);
    await other.bury(KEY, 'kept');
    await ledger.bury(KEY, 'pending');
    await ledger.clear();
    expect(await ledger.isDeleted(KEY)).toBe(false);
    expect(await other.isDeleted(KEY)).toBe(true);
  });
});

it('serves many gateways at once without losing a change', async () => {
  const patient = { ...OPTIONS, waitMs: 10_000 };
  const gateways = Array.from({ length: 8 }, () => new Ledger(kv, 'bucket-1', systemClock, patient));
  const copies = await Promise.all(gateways.map((gateway) => gateway.openCopy(KEY)));
  const record = await ledger.record(KEY);
  expect(record.copies.map((copy) => copy.id).sort()).toEqual(copies.map(({ token }) => token?.id).sort());
});
