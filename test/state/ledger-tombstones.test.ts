import { beforeEach, describe, expect, it } from 'vitest';
import type { Ledger } from '../../src/state/ledger.js';
import { GRACE_MS, type TemporaryLedger, temporaryLedger } from './temporary-ledger.js';

const KEY = 'photos/ß 🌘/';

let fixture: TemporaryLedger;
let ledger: Ledger;

beforeEach(async () => {
  fixture = await temporaryLedger();
  ledger = fixture.ledger;
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
    const generation = await fixture.generationOf(KEY);
    await ledger.noteShadowDelete(KEY, { generation, error: 'status 503' });
    expect(await fixture.openKeys()).toEqual([KEY]);
    expect((await ledger.record(KEY)).tombstone?.lastError).toBe('status 503');
    await ledger.noteShadowDelete(KEY, { generation });
    expect(await fixture.openKeys()).toEqual([]);
    expect(await ledger.isDeleted(KEY)).toBe(true);
  });

  it('take no word of a delete that was sent for an older one', async () => {
    await ledger.bury(KEY, 'pending');
    const generation = await fixture.generationOf(KEY);
    await ledger.bury(KEY, 'pending');
    await ledger.noteShadowDelete(KEY, { generation });
    await ledger.endGrace(KEY, { generation, found: 'nothing' });
    expect(await fixture.openKeys()).toEqual([KEY]);
  });

  it('come up for repair later each time, and in five minutes at the latest', async () => {
    await ledger.bury(KEY, 'pending');
    const generation = await fixture.generationOf(KEY);
    const waits: number[] = [];
    while (waits.length < 8) {
      await ledger.noteShadowDelete(KEY, { generation, error: 'status 503' });
      const { nextAttempt = 0 } = (await ledger.record(KEY)).tombstone ?? {};
      waits.push((nextAttempt - fixture.now()) / 1_000);
      fixture.pass(nextAttempt - fixture.now() - 1);
      expect(await fixture.dueKeys()).toEqual([]);
      fixture.pass(1);
      expect(await fixture.dueKeys()).toEqual([KEY]);
    }
    expect(waits).toEqual([5, 10, 20, 40, 80, 160, 300, 300]);
  });

  it('sum up to what is owed, since when, and why', async () => {
    expect(await ledger.repairs()).toEqual({ count: 0 });
    await ledger.bury('first', 'pending');
    fixture.pass(1_000);
    await ledger.bury('second', 'pending');
    await ledger.bury('left alone', 'kept');
    await ledger.openIntent('written', 'shared');
    const { since } = (await ledger.record('first')).tombstone ?? {};
    expect(await ledger.repairs()).toEqual({ count: 2, oldestSince: since });
    await ledger.noteShadowDelete('first', {
      generation: await fixture.generationOf('first'),
      error: 'status 503',
    });
    expect(await ledger.repairs()).toEqual({ count: 2, oldestSince: since, lastError: 'status 503' });
  });

  it('are no longer owed where the target has the key, once their own delete must have ended', async () => {
    await ledger.bury(KEY, 'pending');
    const generation = await fixture.generationOf(KEY);
    await ledger.forgoShadowDelete(KEY, generation);
    expect(await ledger.repairs()).toMatchObject({ count: 1 });
    expect(await fixture.dueKeys()).toEqual([]);
    fixture.pass(GRACE_MS);
    await ledger.forgoShadowDelete(KEY, generation);
    expect(await ledger.repairs()).toEqual({ count: 0 });
    expect(await ledger.isDeleted(KEY)).toBe(true);
  });

  it('are all forgotten by clear, and those of other buckets are not', async () => {
    const other = fixture.another({ bucketId: 'bucket-2' });
    await other.bury(KEY, 'kept');
    await ledger.bury(KEY, 'pending');
    await ledger.clear();
    expect(await ledger.isDeleted(KEY)).toBe(false);
    expect(await other.isDeleted(KEY)).toBe(true);
  });
});

describe('a tombstone whose shadow is empty', () => {
  async function emptied(key = KEY) {
    await ledger.bury(key, 'pending');
    const generation = await fixture.generationOf(key);
    await ledger.noteShadowDelete(key, { generation });
    return { key, generation };
  }

  it('can go after a grace, the oldest first, and leaves nothing behind', async () => {
    const { generation } = await emptied('z');
    fixture.pass(1_000);
    await emptied('a');
    fixture.pass(GRACE_MS - 1_001);
    expect(await fixture.collectableKeys()).toEqual([]);
    expect(await ledger.collectable('z')).toBeUndefined();
    fixture.pass(1_001);
    expect(await fixture.collectableKeys()).toEqual(['z', 'a']);
    expect(await ledger.collectable('z')).toBe(generation);
    for (const key of ['z', 'a']) {
      await ledger.endGrace(key, { generation: await fixture.generationOf(key), found: 'nothing' });
    }
    expect(await fixture.stored()).toEqual([]);
  });

  it('stays while a writer is at work, other than the one who looked', async () => {
    const { key, generation } = await emptied();
    fixture.pass(GRACE_MS);
    const intent = await ledger.openIntent(key, 'exclusive');
    await ledger.endGrace(key, { generation, found: 'nothing' });
    expect(await ledger.isDeleted(key)).toBe(true);
    await ledger.endGrace(key, { generation, found: 'nothing', under: intent });
    expect(await ledger.isDeleted(key)).toBe(false);
  });

  it('stays while another grace is not over, which began when the shadow was emptied once more', async () => {
    const { key, generation } = await emptied();
    fixture.pass(GRACE_MS);
    await ledger.noteShadowDelete(key, { generation });
    await ledger.endGrace(key, { generation, found: 'nothing' });
    expect(await ledger.isDeleted(key)).toBe(true);
    fixture.pass(GRACE_MS);
    await ledger.endGrace(key, { generation, found: 'nothing' });
    expect(await ledger.isDeleted(key)).toBe(false);
  });

  it('stays for good where the target has the key', async () => {
    const { key, generation } = await emptied();
    fixture.pass(GRACE_MS);
    await ledger.endGrace(key, { generation, found: 'in target' });
    expect(await fixture.collectableKeys()).toEqual([]);
    expect(await fixture.openKeys()).toEqual([]);
    expect(await ledger.isDeleted(key)).toBe(true);
  });

  it('owes the shadow another delete where it has an object again', async () => {
    const { key, generation } = await emptied();
    fixture.pass(GRACE_MS);
    await ledger.endGrace(key, { generation, found: 'in shadow' });
    expect(await fixture.collectableKeys()).toEqual([]);
    expect(await fixture.dueKeys()).toEqual([key]);
  });

  it('begins another grace when the key is deleted again', async () => {
    await emptied();
    fixture.pass(GRACE_MS);
    await emptied();
    expect(await fixture.collectableKeys()).toEqual([]);
  });
});
