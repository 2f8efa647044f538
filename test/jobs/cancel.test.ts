import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BackendUnavailable } from '../../src/backends/backend.js';
import type { S3Request } from '../../src/s3/message.js';
import { systemClock } from '../../src/system/clock.js';
import { type Member, NEW, OLD, openWorld, recordOf, start, until, type World, withBucket } from './world.js';

let world: World;

beforeEach(async () => {
  world = await openWorld();
});

afterEach(() => world.close());

const OBJECTS = { a: 'one', b: 'two', c: 'three' };

/** Has the copying of a key fail until it is let be. */
function failing(key: string): { heal(): void } {
  let isHealed = false;
  world.intercept.new = async (request: S3Request) =>
    !isHealed && request.operation === 'PutObject' && request.key === key
      ? { status: 500, headers: {} }
      : undefined;
  return {
    heal() {
      isHealed = true;
    },
  };
}

async function inPhase(member: Member, id: number, phase: string): Promise<void> {
  await expect
    .poll(async () => (await member.parts.jobs.get(id)).phase, { timeout: 10_000, interval: 10 })
    .toBe(phase);
}

/** The bucket as it was, and nothing of the job left. */
async function expectAsBefore(member: Member, objects: Readonly<Record<string, string>>): Promise<void> {
  const record = await recordOf(member);
  expect(record).toMatchObject({ target: OLD, shadow: null, forgetting: false });
  expect(record.job).toBeUndefined();
  expect(await world.stores.old.all()).toEqual(objects);
  expect(await world.stores.new.has()).toBe(false);
  for (const [key, text] of Object.entries(objects)) expect(await member.text(key)).toBe(text);
  expect(await member.ask('PutObject', 'PUT', { key: 'after', body: 'x' })).toBe(200);
  expect(await member.text('after')).toBe('x');
}

describe.each(['gate', 'live'] as const)('a job with writes "%s"', (writes) => {
  it('that is cancelled while it copies leaves all as it was', async () => {
    const member = await withBucket(world, OBJECTS);
    failing('b');
    const { id } = await start(member, { writes });
    await inPhase(member, id, 'copy');
    if (writes === 'live') expect(await member.ask('PutObject', 'PUT', { key: 'a', body: 'live' })).toBe(200);
    expect((await member.parts.jobs.cancel(id)).status).toBe('cancelling');
    const job = await until(member, id, 'cancelled');
    expect(job).toMatchObject({ removedBucket: true, madeBucket: true });
    await expectAsBefore(member, writes === 'live' ? { ...OBJECTS, a: 'live' } : OBJECTS);
    await expect(member.parts.jobs.cancel(id)).rejects.toThrow('is cancelled and cannot be cancelled');
  });

  it('that is cancelled at any time ends as it was, or has changed over and says so', async () => {
    for (const ms of [0, 5, 20, 60, 120, 200, 300, 450]) {
      await world.close();
      world = await openWorld();
      const member = await withBucket(world, OBJECTS);
      const { id } = await start(member, { writes });
      await systemClock.sleep(ms);
      const refusal = await member.parts.jobs.cancel(id).then(
        () => undefined,
        (error: Error) => error.message,
      );
      if (refusal === undefined) {
        await until(member, id, 'cancelled');
        await expectAsBefore(member, OBJECTS);
      } else {
        await until(member, id, 'succeeded');
        expect(refusal).toMatch(/is at bucket "photos" of backend "new" by now|is succeeded/);
        expect(await world.stores.new.all()).toEqual(OBJECTS);
        expect(await recordOf(member)).toMatchObject({ target: NEW, shadow: null });
      }
    }
  }, 60_000);

  it('whose copies fail ends with errors, lets clients write to both places, and goes on when it is tried again', async () => {
    const member = await withBucket(world, OBJECTS);
    const fault = failing('b');
    const { id } = await start(member, { writes });
    const job = await until(member, id, 'completed_with_errors');
    expect(job.lastError).toBe('not all was copied: 1 failed (the failures of the job tell which)');
    const { failures } = await member.parts.jobs.failures(id);
    expect(failures).toMatchObject([{ key: 'b', error: expect.stringContaining('500') }]);
    expect(await member.parts.jobs.progress(job)).toMatchObject({ total: 3, processed: 3, failed: 1 });
    expect(await member.ask('PutObject', 'PUT', { key: 'd', body: 'four' })).toBe(200);
    expect(await world.stores.old.all()).toMatchObject({ d: 'four' });
    expect(await world.stores.new.all()).toEqual({ a: 'one', c: 'three', d: 'four' });
    await expect(start(member)).rejects.toThrow(`job ${id} has bucket "photos" already`);
    fault.heal();
    await member.parts.jobs.retry(id);
    await until(member, id, 'succeeded');
    expect(await world.stores.new.all()).toEqual({ ...OBJECTS, d: 'four' });
    expect(await recordOf(member)).toMatchObject({ target: NEW, shadow: null });
  }, 40_000);

  it('that ended with errors can be cancelled, and what clients wrote since stays', async () => {
    const member = await withBucket(world, OBJECTS);
    failing('b');
    const { id } = await start(member, { writes });
    await until(member, id, 'completed_with_errors');
    expect(await member.ask('PutObject', 'PUT', { key: 'd', body: 'four' })).toBe(200);
    expect(await member.ask('DeleteObject', 'DELETE', { key: 'a' })).toBe(204);
    await member.parts.jobs.cancel(id);
    await until(member, id, 'cancelled');
    const { a: _, ...left } = OBJECTS;
    await expectAsBefore(member, { ...left, d: 'four' });
  }, 40_000);

  it('that is paused lets clients write, and goes on when it is resumed', async () => {
    const member = await withBucket(world, OBJECTS);
    const fault = failing('b');
    const { id } = await start(member, { writes });
    await inPhase(member, id, 'copy');
    expect((await member.parts.jobs.pause(id)).status).toBe('paused');
    await expect.poll(() => member.ask('PutObject', 'PUT', { key: 'd', body: 'four' })).toBe(200);
    fault.heal();
    await systemClock.sleep(300);
    expect((await member.parts.jobs.get(id)).status).toBe('paused');
    expect((await member.parts.jobs.resume(id)).status).toBe('running');
    await until(member, id, 'succeeded');
    expect(await world.stores.new.all()).toEqual({ ...OBJECTS, d: 'four' });
  }, 40_000);
});

describe('a job', () => {
  it('with a closed gate that is cancelled while the new place does not answer gives the bucket back at once', async () => {
    const member = await withBucket(world, OBJECTS);
    failing('b');
    const { id } = await start(member);
    await inPhase(member, id, 'copy');
    world.intercept.new = async () => {
      throw new BackendUnavailable('new', 'connect', false);
    };
    await member.parts.jobs.cancel(id);
    await expect.poll(() => member.ask('PutObject', 'PUT', { key: 'd', body: 'four' })).toBe(200);
    expect(await member.text('a')).toBe('one');
    expect(await recordOf(member)).toMatchObject({ target: OLD, shadow: null, job: { id, gates: false } });
    await member.parts.jobs.cancel(id, { force: true });
    const job = await until(member, id, 'cancelled');
    expect(job.lastError).toMatch(/^what was copied is left at bucket "photos" of backend "new": /);
    expect((await recordOf(member)).job).toBeUndefined();
  });

  it('that changed over can be rolled back, with all that clients wrote since', async () => {
    const member = await withBucket(world, OBJECTS);
    const { id } = await start(member);
    await until(member, id, 'succeeded');
    expect(await member.ask('PutObject', 'PUT', { key: 'a', body: 'other' })).toBe(200);
    expect(await member.ask('PutObject', 'PUT', { key: 'd', body: 'four' })).toBe(200);
    expect(await member.ask('DeleteObject', 'DELETE', { key: 'c' })).toBe(204);
    const now = { a: 'other', b: 'two', d: 'four' };
    const back = await member.parts.jobs.rollback(id);
    expect(back).toMatchObject({ kind: 'rollback', rollbackOf: id, to: OLD, from: NEW });
    const job = await until(member, back.id, 'succeeded');
    expect(job.existing).toEqual({ removed: 2, kept: 1 });
    expect(await world.stores.old.all()).toEqual(now);
    expect(await recordOf(member)).toMatchObject({ target: OLD, shadow: null });
    expect((await member.parts.jobs.list({ limit: 1 })).items.map((one) => one.id)).toEqual([back.id]);
    expect((await member.parts.jobs.ofBucket('photos')).map((one) => one.id)).toEqual([back.id, id]);
    await expect(member.parts.jobs.rollback(id)).rejects.toThrow(
      '"photos" is not at bucket "photos" of backend "new" any more',
    );
  }, 40_000);

  it('whose rollback is cancelled leaves what was at the old place and the same', async () => {
    const member = await withBucket(world, OBJECTS);
    const { id } = await start(member);
    await until(member, id, 'succeeded');
    expect(await member.ask('PutObject', 'PUT', { key: 'a', body: 'other' })).toBe(200);
    world.intercept.old = async ({ operation, key }) =>
      operation === 'PutObject' && key === 'a' ? { status: 500, headers: {} } : undefined;
    const back = await member.parts.jobs.rollback(id);
    await until(member, back.id, 'completed_with_errors');
    await member.parts.jobs.cancel(back.id);
    await until(member, back.id, 'cancelled');
    expect(await world.stores.old.all()).toEqual({ b: 'two', c: 'three' });
    expect(await recordOf(member)).toMatchObject({ target: NEW, shadow: null });
    expect(await member.text('a')).toBe('other');
  }, 40_000);

  it('fails, with nothing changed, where the new place has objects, and names the first', async () => {
    const member = await withBucket(world, OBJECTS);
    await world.stores.new.make();
    await world.stores.new.put('there', 'before');
    const { id } = await start(member);
    const job = await until(member, id, 'failed');
    expect(job.lastError).toBe(
      'bucket "photos" of backend "new" has objects already, the first is "there": empty it, or have them replaced',
    );
    expect(await world.stores.new.all()).toEqual({ there: 'before' });
    expect(await member.ask('PutObject', 'PUT', { key: 'a', body: 'x' })).toBe(200);
    expect(await recordOf(member)).toMatchObject({ target: OLD, shadow: null });
  });

  it.each(['gate', 'live'] as const)(
    'has what is at the new place replaced where it is told to (%s)',
    async (writes) => {
      const member = await withBucket(world, OBJECTS);
      await world.stores.new.make();
      await world.stores.new.put('there', 'before');
      await world.stores.new.put('a', 'stale');
      await world.stores.new.put('b', 'two');
      const { id } = await start(member, { writes, onExisting: 'replace' });
      const job = await until(member, id, 'succeeded');
      expect(job.existing).toEqual(writes === 'gate' ? { removed: 2, kept: 1 } : { removed: 3, kept: 0 });
      expect(await world.stores.new.all()).toEqual(OBJECTS);
    },
  );

  it('is refused with a reason where it cannot move the bucket, and nothing is changed', async () => {
    const member = await withBucket(world, OBJECTS);
    await expect(start(member, { to: OLD })).rejects.toMatchObject({ code: 'same_place' });
    await expect(start(member, { to: { backend: 'alias', bucket: 'photos' } })).rejects.toMatchObject({
      code: 'same_place',
      message: 'bucket "photos" of backend "alias" is bucket "photos" of backend "old" by another name',
    });
    await expect(start(member, { to: { backend: 'none', bucket: 'x' } })).rejects.toMatchObject({
      code: 'place_refused',
      message: 'there is no backend "none"',
    });
    world.intercept.old = async ({ operation }) =>
      operation === 'GetBucketVersioning'
        ? {
            status: 200,
            headers: {},
            body: Buffer.from('<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>'),
          }
        : undefined;
    await expect(start(member)).rejects.toMatchObject({ code: 'versioned' });
    delete world.intercept.old;
    await member.parts.state.buckets.create({
      ...(await recordOf(member)),
      name: 'taken',
      id: 'other',
      target: NEW,
    });
    await expect(start(member)).rejects.toMatchObject({
      code: 'place_taken',
      message: 'bucket "photos" of backend "new" is the target of bucket "taken"',
    });
    expect((await member.parts.jobs.list({ limit: 10 })).items).toEqual([]);
    expect((await recordOf(member)).job).toBeUndefined();
    await expect(member.parts.jobs.get(1)).rejects.toMatchObject({ code: 'no_such_job' });
  });
});
