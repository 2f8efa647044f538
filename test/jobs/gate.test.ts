import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { S3Request, S3Response } from '../../src/s3/message.js';
import type { OperationName } from '../../src/s3/operations.js';
import { systemClock } from '../../src/system/clock.js';
import { type Asked, openWorld, recordOf, SHORT, start, until, type World, withBucket } from './world.js';

let world: World;

beforeEach(async () => {
  world = await openWorld();
});

afterEach(() => world.close());

const UPLOAD = [['uploadId', 'an upload']] as const;

const WRITES: readonly (readonly [OperationName, string, Asked])[] = [
  ['PutObject', 'PUT', { key: 'a', body: 'x' }],
  ['DeleteObject', 'DELETE', { key: 'a' }],
  ['DeleteObjects', 'POST', { query: [['delete', '']], body: '<Delete/>' }],
  ['CopyObject', 'PUT', { key: 'a', headers: { 'x-amz-copy-source': '/photos/b' } }],
  ['CreateMultipartUpload', 'POST', { key: 'a', query: [['uploads', '']] }],
  ['UploadPart', 'PUT', { key: 'a', query: [['partNumber', '1'], ...UPLOAD], body: 'x' }],
  ['CompleteMultipartUpload', 'POST', { key: 'a', query: UPLOAD, body: '<CompleteMultipartUpload/>' }],
  ['AbortMultipartUpload', 'DELETE', { key: 'a', query: UPLOAD }],
  ['PutObjectTagging', 'PUT', { key: 'a', query: [['tagging', '']], body: '<Tagging/>' }],
  ['PutBucketCors', 'PUT', { query: [['cors', '']], body: '<CORSConfiguration/>' }],
];

/** Holds what is asked of a store until it is let go. */
function holding(wanted: (request: S3Request) => boolean) {
  let letGo: () => void = () => undefined;
  const gone = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  let came: () => void = () => undefined;
  const arrived = new Promise<void>((resolve) => {
    came = resolve;
  });
  const intercept = async (request: S3Request): Promise<S3Response | undefined> => {
    if (!wanted(request)) return undefined;
    came();
    await gone;
    return undefined;
  };
  return { intercept, letGo, arrived };
}

describe('while a bucket is moved with its gate closed', () => {
  it('every write is answered SlowDown on every gateway once the job has begun, and reads and listings go on', async () => {
    const member = await withBucket(world, { a: 'one', b: 'two' });
    const other = await world.join();
    const held = holding(({ operation }) => operation === 'PutObject');
    world.intercept.new = held.intercept;
    const { id } = await start(member);
    for (const gateway of [member, other]) {
      for (const [operation, method, asked] of WRITES)
        expect([operation, await gateway.ask(operation, method, asked)]).toEqual([operation, 'SlowDown']);
      expect(await gateway.text('a')).toBe('one');
      expect(await gateway.ask('ListObjectsV2', 'GET', { query: [['list-type', '2']] })).toBe(200);
      expect(await gateway.ask('HeadObject', 'HEAD', { key: 'b' })).toBe(200);
    }
    held.letGo();
    await until(member, id, 'succeeded');
    for (const gateway of [member, other]) {
      expect(await gateway.ask('PutObject', 'PUT', { key: 'c', body: 'three' })).toBe(200);
      expect(await gateway.text('c')).toBe('three');
    }
  });

  it('a gateway that starts refuses writes from its first request on', async () => {
    const member = await withBucket(world, { a: 'one' });
    const held = holding(({ operation }) => operation === 'PutObject');
    world.intercept.new = held.intercept;
    const { id } = await start(member);
    const late = await world.join();
    expect(await late.ask('PutObject', 'PUT', { key: 'a', body: 'x' })).toBe('SlowDown');
    held.letGo();
    await until(member, id, 'succeeded');
  });

  it('writes are refused for as long as it takes when whoever worked on the job is gone', async () => {
    const member = await withBucket(world, { a: 'one' });
    await member.parts.jobDriver.stop();
    const dying = await world.join();
    const held = holding(({ operation }) => operation === 'PutObject');
    world.intercept.new = held.intercept;
    const { id } = await start(dying);
    await held.arrived;
    dying.kill();
    const over = systemClock.now() + 2 * SHORT.leaseMs;
    while (systemClock.now() < over) {
      expect(await member.ask('PutObject', 'PUT', { key: 'a', body: 'x' })).toBe('SlowDown');
      await systemClock.sleep(200);
    }
    held.letGo();
    const heir = await world.join();
    expect(await heir.ask('PutObject', 'PUT', { key: 'a', body: 'x' })).toBe('SlowDown');
    await until(heir, id, 'succeeded');
    expect(await world.stores.new.all()).toEqual({ a: 'one' });
    expect(await heir.ask('PutObject', 'PUT', { key: 'a', body: 'x' })).toBe(200);
  }, 40_000);

  it('a write that was under way ends first, and is in the new place', async () => {
    const member = await withBucket(world, { a: 'one' });
    const held = holding(({ operation, key }) => operation === 'PutObject' && key === 'slow');
    world.intercept.old = held.intercept;
    const slow = member.ask('PutObject', 'PUT', { key: 'slow', body: 'came late' });
    await held.arrived;
    const { id } = await start(member);
    expect((await recordOf(member)).shadow).toBeNull();
    held.letGo();
    expect(await slow).toBe(200);
    await until(member, id, 'succeeded');
    expect(await world.stores.new.all()).toEqual({ a: 'one', slow: 'came late' });
  });

  it('writes that do not end fail the job, and the gate is open again', async () => {
    const drainMs = 300;
    const member = await withBucket(world, { a: 'one' }, { drainMs });
    const held = holding(({ operation, key }) => operation === 'PutObject' && key === 'slow');
    world.intercept.old = held.intercept;
    const slow = member.ask('PutObject', 'PUT', { key: 'slow', body: 'came late' });
    await held.arrived;
    const { id } = await start(member);
    const job = await until(member, id, 'failed');
    expect(job.lastError).toMatch(/^writes that were under way did not end within 0 s: gateway /);
    expect((await recordOf(member)).job).toBeUndefined();
    expect(await member.ask('PutObject', 'PUT', { key: 'b', body: 'two' })).toBe(200);
    held.letGo();
    expect(await slow).toBe(200);
    expect(await world.stores.old.all()).toEqual({ a: 'one', b: 'two', slow: 'came late' });
    expect(await world.stores.new.has()).toBe(false);
  });
});
