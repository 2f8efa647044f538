import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/system/clock.js';
import { NEW, openWorld, recordOf, start, until, type World, withBucket } from './world.js';

let world: World;

beforeEach(async () => {
  world = await openWorld();
});

afterEach(() => world.close());

const OBJECTS = { a: 'one', 'b/': 'a folder', 'b/c': 'two', ü: 'three' };

describe.each(['gate', 'live'] as const)('a bucket that is moved with writes "%s"', (writes) => {
  it('is at the new place in the end, whole, and the old place has what it had', async () => {
    const member = await withBucket(world, OBJECTS);
    const { id } = await start(member, { writes });
    const job = await until(member, id, 'succeeded');
    expect(await world.stores.new.all()).toEqual(OBJECTS);
    expect(await world.stores.old.all()).toEqual(OBJECTS);
    const record = await recordOf(member);
    expect(record).toMatchObject({ target: NEW, shadow: null, forgetting: false });
    expect(record.job).toBeUndefined();
    expect(job.phases.map(({ phase }) => phase)).toEqual(['stage', 'copy', 'verify', 'flip']);
    expect(await member.parts.jobs.progress(job)).toEqual({
      ...{ total: 4, processed: 4, failed: 0, skipped: 0, percent: 100 },
      ...{ bytes: 19, totalBytes: 19 },
    });
    expect(await member.ask('PutObject', 'PUT', { key: 'new', body: 'written' })).toBe(200);
    expect(await world.stores.new.all()).toMatchObject({ new: 'written' });
    expect(await world.stores.old.all()).toEqual(OBJECTS);
  });

  it('leaves nothing at the old place that was proven, where that was asked for', async () => {
    const member = await withBucket(world, OBJECTS);
    const { id } = await start(member, { writes, deleteSource: true });
    const job = await until(member, id, 'succeeded');
    expect(await world.stores.new.all()).toEqual(OBJECTS);
    expect(await world.stores.old.has()).toBe(false);
    expect(job).toMatchObject({ removed: { deleted: 4, left: 0 }, removedBucket: true });
  });
});

it('cleaning up leaves what the new place was not proven to have, and tells how much and why', async () => {
  const member = await withBucket(world, { ...OBJECTS, d: 'four' });
  let isChanged = false;
  world.intercept.old = async ({ operation }) => {
    const [job] = (await member.parts.jobs.list({ limit: 1 })).items;
    if (operation !== 'ListObjectsV2' || job?.phase !== 'cleanup' || isChanged) return undefined;
    isChanged = true;
    // Between the second in which the bucket changed over and this one: stores tell whole seconds.
    await systemClock.sleep(1_100);
    await member.ask('PutObject', 'PUT', { key: 'a', body: 'by a client' });
    await member.ask('DeleteObject', 'DELETE', { key: 'd' });
    await world.stores.old.put('ü', 'beside the gateway');
    await world.stores.old.put('late', 'beside the gateway');
    return undefined;
  };
  const { id } = await start(member, { deleteSource: true });
  const job = await until(member, id, 'succeeded');
  expect(await world.stores.old.all()).toEqual({
    d: 'four',
    ü: 'beside the gateway',
    late: 'beside the gateway',
  });
  expect(await world.stores.new.all()).toEqual({ ...OBJECTS, a: 'by a client' });
  expect(job).toMatchObject({
    removedBucket: false,
    lastError: '3 objects were left at bucket "photos" of backend "old"',
    removed: {
      deleted: 3,
      left: 3,
      reasons: {
        'the new place does not have it': 2,
        'it was written at the old place after the bucket changed over': 1,
      },
    },
  });
});

it('a job that failed or was cancelled has deleted nothing at the old place', async () => {
  const member = await withBucket(world, OBJECTS);
  const deleted: string[] = [];
  world.intercept.old = async ({ operation, key }) => {
    if (/^Delete/.test(operation) && !key.startsWith('.penumbra-probe/')) deleted.push(operation);
    return undefined;
  };
  world.intercept.new = async ({ operation, key }) =>
    operation === 'PutObject' && key === 'a' ? { status: 500, headers: {} } : undefined;
  const { id } = await start(member, { deleteSource: true });
  await until(member, id, 'completed_with_errors');
  await member.parts.jobs.cancel(id);
  await until(member, id, 'cancelled');
  expect(deleted).toEqual([]);
  expect(await world.stores.old.all()).toEqual(OBJECTS);
}, 30_000);

it('what a write that failed half-way left at the old place alone is brought over as well, while clients write', async () => {
  const member = await withBucket(world, OBJECTS);
  const { id } = await start(member, { writes: 'live' });
  let isLeft = false;
  world.intercept.old = async ({ operation }) => {
    if (isLeft || operation !== 'ListObjectsV2') return undefined;
    if ((await member.parts.jobs.get(id)).phase !== 'verify') return undefined;
    isLeft = true;
    await world.stores.old.put('late', 'half a write');
    return undefined;
  };
  const job = await until(member, id, 'succeeded');
  expect(await world.stores.new.all()).toEqual({ ...OBJECTS, late: 'half a write' });
  expect(job.phases.map(({ phase }) => phase)).toEqual(['stage', 'copy', 'verify', 'copy', 'verify', 'flip']);
});
