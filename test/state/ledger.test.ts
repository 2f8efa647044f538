import { beforeEach, describe, expect, it, vi } from 'vitest';
import { KeyBusy, Ledger } from '../../src/state/ledger.js';
import { systemClock } from '../../src/system/clock.js';
import { TIMES } from '../../src/system/times.js';
import { type TemporaryLedger, temporaryLedger } from './temporary-ledger.js';

const KEY = 'photos/ß 🌘/';

let fixture: TemporaryLedger;
let ledger: Ledger;

beforeEach(async () => {
  fixture = await temporaryLedger();
  ledger = fixture.ledger;
});

describe('a copy token', () => {
  it('lets one copy commit, and leaves nothing behind', async () => {
    const token = await fixture.tokenOf(KEY);
    expect(await ledger.beginCommit(token)).toBe(true);
    await ledger.dropToken(token);
    expect(await fixture.stored()).toEqual([]);
  });

  it('is void after a write of the key began', async () => {
    const token = await fixture.tokenOf(KEY);
    await ledger.closeIntent(await ledger.openIntent(KEY, 'shared'));
    expect(await ledger.beginCommit(token)).toBe(false);
  });

  it('is void after the key was deleted', async () => {
    const token = await fixture.tokenOf(KEY);
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
    const token = await fixture.tokenOf(`${KEY}other`);
    await ledger.bury(KEY, 'pending');
    expect(await ledger.beginCommit(token)).toBe(true);
  });
});

describe('a committing copy', () => {
  it('makes writes and deletes wait, for a bounded time', async () => {
    await ledger.beginCommit(await fixture.tokenOf(KEY));
    await expect(ledger.openIntent(KEY, 'exclusive')).rejects.toBeInstanceOf(KeyBusy);
    await expect(ledger.bury(KEY, 'pending')).rejects.toBeInstanceOf(KeyBusy);
    expect(await ledger.isDeleted(KEY)).toBe(false);
  });

  it('holds nobody back once its lease has run out', async () => {
    await ledger.beginCommit(await fixture.tokenOf(KEY));
    fixture.pass(TIMES.leaseMs + 1);
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
    fixture.pass(TIMES.leaseMs + 1);
    await expect(ledger.openIntent(KEY, 'exclusive')).rejects.toBeInstanceOf(KeyBusy);
    await expect(ledger.openIntent(KEY, 'shared')).rejects.toBeInstanceOf(KeyBusy);
    const adopted = await ledger.adoptDeadIntent(KEY);
    if (adopted) await ledger.closeIntent(adopted);
    await ledger.openIntent(KEY, 'exclusive');
  });

  it('of a dead writer is found and adopted by one recovery only', async () => {
    await ledger.openIntent(KEY, 'exclusive');
    expect(await ledger.adoptDeadIntent(KEY)).toBeUndefined();
    fixture.pass(TIMES.leaseMs + 1);
    expect(await fixture.openKeys()).toEqual([KEY]);
    const adopted = await ledger.adoptDeadIntent(KEY);
    expect(adopted?.key).toBe(KEY);
    expect(await ledger.adoptDeadIntent(KEY)).toBeUndefined();
  });
});

describe('shared intents', () => {
  it('do not exclude each other, and end by themselves', async () => {
    await ledger.openIntent(KEY, 'shared');
    await ledger.openIntent(KEY, 'shared');
    fixture.pass(TIMES.leaseMs + 1);
    const { token } = await ledger.openCopy(KEY);
    expect(token).toBeDefined();
  });
});

describe('tidying up', () => {
  it('forgets what has outlived its time, and the key is no longer open', async () => {
    await ledger.openIntent(KEY, 'shared');
    await fixture.tokenOf('of a copy');
    expect((await ledger.tidy(KEY)).intents).toHaveLength(1);
    fixture.pass(TIMES.leaseMs + 1);
    expect(await fixture.dueKeys()).toEqual(['of a copy', KEY]);
    for (const key of ['of a copy', KEY]) await ledger.tidy(key);
    expect(await fixture.stored()).toEqual([]);
  });

  it('leaves the exclusive intent of a dead writer to recovery', async () => {
    await ledger.openIntent(KEY, 'exclusive');
    fixture.pass(TIMES.leaseMs + 1);
    expect((await ledger.tidy(KEY)).intents).toHaveLength(1);
    expect(await ledger.adoptDeadIntent(KEY)).toBeDefined();
  });
});

it('writes a key that nobody else works on without reading it first', async () => {
  const get = vi.spyOn(fixture.kv, 'get');
  const commit = vi.spyOn(fixture.kv, 'commit');
  await ledger.closeIntent(await ledger.openIntent(KEY, 'exclusive'));
  expect([get.mock.calls.length, commit.mock.calls.length]).toEqual([0, 2]);
  await new Ledger(fixture.kv, 'bucket-1', systemClock).bury(KEY, 'pending');
  await ledger.closeIntent(await ledger.openIntent(KEY, 'exclusive'));
  expect(await ledger.isDeleted(KEY)).toBe(true);
});

it('serves many gateways at once without losing a change', async () => {
  const gateways = Array.from(
    { length: 8 },
    () => new Ledger(fixture.kv, 'bucket-1', systemClock, { waitMs: 10_000 }),
  );
  const copies = await Promise.all(gateways.map((gateway) => gateway.openCopy(KEY)));
  const record = await ledger.record(KEY);
  expect(record.copies.map((copy) => copy.id).sort()).toEqual(copies.map(({ token }) => token?.id).sort());
});
