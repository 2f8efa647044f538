import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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
