import { describe, expect, it } from 'vitest';
import { BackendUnavailable } from '../../../src/backends/backend.js';
import type { S3Filter } from '../../../src/s3/message.js';
import { type Moving, type MovingOptions, movingBucket } from '../moving.js';

const LEASE_MS = 4_000;
/** Longer than any tombstone waits for its end here. */
const GRACE_MS = 2 * LEASE_MS;

async function deletedKey(options: MovingOptions = {}): Promise<Moving> {
  const moving = await movingBucket({ leaseMs: LEASE_MS, ...options });
  await moving.shadow.put('k', 'old');
  await moving.client.ask('DELETE', 'k');
  await expect.poll(async () => (await moving.ledger.record('k')).tombstone?.emptySince).toBeDefined();
  await expect.poll(async () => (await moving.ledger.record('k')).intents).toEqual([]);
  return moving;
}

const isCollected = async ({ ledger }: Moving) => !(await ledger.isDeleted('k'));

describe.each([false, true])('a tombstone, write-through %s', (writeThrough) => {
  it('is removed after a grace, when neither store has the key', async () => {
    const moving = await deletedKey({ writeThrough });
    moving.pass(GRACE_MS);
    moving.bucket.startRecovery();
    await expect.poll(() => isCollected(moving)).toBe(true);
    expect(await moving.client.text('k')).toBeUndefined();
    await expect.poll(async () => (await moving.ledger.record('k')).intents).toEqual([]);
  });

  it('is removed by one of many gateways that find it at the same time', async () => {
    const moving = await deletedKey({ writeThrough });
    moving.pass(GRACE_MS);
    for (let index = 0; index < 4; index += 1) {
      moving.recoverOn(writeThrough ? 'write-through' : 'read-through');
    }
    await expect.poll(() => isCollected(moving)).toBe(true);
  });

  it('stays where the target has the key again', async () => {
    const moving = await deletedKey({ writeThrough });
    await moving.client.put('k', 'new');
    moving.pass(GRACE_MS);
    moving.bucket.startRecovery();
    await expect.poll(async () => (await moving.ledger.record('k')).tombstone?.emptySince).toBeUndefined();
    expect(await isCollected(moving)).toBe(false);
    expect(await moving.client.text('k')).toBe('new');
  });

  it('stays where the shadow has an object again, which is deleted once more', async () => {
    const moving = await deletedKey({ writeThrough });
    await moving.shadow.put('k', 'of a write that failed');
    moving.pass(GRACE_MS);
    moving.bucket.startRecovery();
    const collected = { tombstone: { shadowDelete: 'pending' }, intents: [] };
    await expect.poll(() => moving.ledger.record('k')).toMatchObject(collected);
    moving.recoverOn(writeThrough ? 'write-through' : 'read-through');
    await expect.poll(() => moving.shadow.text('k')).toBeUndefined();
    expect(await isCollected(moving)).toBe(false);
  });
});

/** What recovery has not come to yet. */
async function openKeys({ ledger }: Moving): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of ledger.openKeys()) keys.push(key);
  return keys;
}

describe('a tombstone', () => {
  it('stays where the shadow is to be left alone', async () => {
    const moving = await movingBucket({ leaseMs: LEASE_MS, delete: 'target' });
    await moving.shadow.put('k', 'old');
    await moving.client.ask('DELETE', 'k');
    await moving.settled();
    await moving.ledger.openIntent('of a dead writer', 'exclusive');
    moving.pass(GRACE_MS);
    moving.recoverOn('read-through');
    await expect.poll(() => openKeys(moving)).toEqual([]);
    expect(await isCollected(moving)).toBe(false);
    expect(await moving.shadow.text('k')).toBe('old');
  });

  it('stays on a rung on which clients do not see the shadow', async () => {
    const moving = await deletedKey();
    await moving.ledger.openIntent('of a dead writer', 'exclusive');
    moving.pass(GRACE_MS);
    moving.recoverOn('target-only');
    await expect.poll(() => openKeys(moving)).toEqual([]);
    expect(await isCollected(moving)).toBe(false);
  });
});

/** A shadow that does not answer while it is down, and tells what it was asked then. */
function outage() {
  const seen = { down: false, asked: [] as string[] };
  const onShadow: S3Filter = (service) => async (request) => {
    if (!seen.down) return service(request);
    seen.asked.push(request.operation);
    throw new BackendUnavailable('shadow', 'circuit-open', false);
  };
  return { seen, onShadow };
}

it('asks a shadow that does not answer once, not for each delete that it is owed', async () => {
  const { seen, onShadow } = outage();
  const moving = await movingBucket({ onShadow });
  seen.down = true;
  const keys = Array.from({ length: 30 }, (_, index) => `k${index}`);
  for (const key of keys) await moving.client.ask('DELETE', key);
  await expect.poll(() => seen.asked.length).toBe(keys.length);
  await moving.settled();
  expect(await moving.ledger.repairs()).toMatchObject({
    count: 30,
    lastError: expect.stringContaining('circuit-open'),
  });
  await moving.ledger.openIntent('of a dead writer', 'exclusive');
  moving.pass(60_000);
  seen.asked.length = 0;
  moving.recoverOn('read-through');
  await expect.poll(async () => (await moving.ledger.record('of a dead writer')).intents).toEqual([]);
  await moving.settled();
  expect(seen.asked).toEqual(['HeadBucket']);
  seen.down = false;
  moving.recoverOn('read-through');
  await expect.poll(() => moving.ledger.repairs()).toEqual({ count: 0 });
});

describe('what looks at the shadow and then at the tombstones', () => {
  const slowed =
    (operation: string, late: () => void): S3Filter =>
    (service) =>
    async (request) => {
      const answer = await service(request);
      if (request.operation === operation) late();
      return answer;
    };

  it('is not answered when it took longer than a tombstone is sure to stay', async () => {
    let late: () => void = () => undefined;
    const onShadow = slowed('ListObjectsV2', () => late());
    const moving = await movingBucket({ leaseMs: LEASE_MS, onShadow });
    await moving.shadow.put('k', 'old');
    expect(await moving.client.keys()).toEqual(['k']);
    late = () => moving.pass(LEASE_MS + 1);
    await expect(moving.client.ask('GET', '', { query: 'list-type=2' })).rejects.toMatchObject({
      code: 'SlowDown',
    });
  });

  it('is not answered either when it is a read that looks again', async () => {
    let late: () => void = () => undefined;
    const onShadow = slowed('GetObject', () => late());
    const moving = await movingBucket({ leaseMs: LEASE_MS, onShadow, writeThrough: true });
    await moving.shadow.put('k', 'old');
    late = () => moving.pass(LEASE_MS + 1);
    await expect(moving.client.ask('GET', 'k')).rejects.toMatchObject({ code: 'SlowDown' });
  });
});
