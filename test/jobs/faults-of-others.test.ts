import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collect } from '../../src/s3/body.js';
import type { S3Request, S3Response } from '../../src/s3/message.js';
import { systemClock } from '../../src/system/clock.js';
import {
  type Member,
  NAME,
  OLD,
  openWorld,
  recordOf,
  start,
  until,
  type World,
  withBucket,
} from './world.js';

let world: World;

beforeEach(async () => {
  world = await openWorld();
});

afterEach(() => world.close());

const isListing = ({ operation }: S3Request): boolean => operation === 'ListObjectsV2';

/** As stores send it where very much was deleted: nothing, and that there is more. */
const emptyPage = (number: number): S3Response => ({
  status: 200,
  headers: {},
  body: Buffer.from(
    `<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>empty-${number}</NextContinuationToken></ListBucketResult>`,
  ),
});

const withoutToken = (request: S3Request): S3Request => ({
  ...request,
  query: request.query.filter(([, value]) => !value.startsWith('empty-')),
});

const answerOf = async (member: Member, operation: 'GetObject' | 'GetObjectTagging') => {
  const route = await member.parts.routes.find(NAME);
  const query = operation === 'GetObjectTagging' ? ([['tagging', '']] as const) : [];
  const { signal } = new AbortController();
  const request = { operation, method: 'GET', bucket: NAME, key: 'a', query, headers: {}, signal };
  const answer = await route?.service(request);
  return { headers: answer?.headers, text: (await collect(answer?.body, 65_536)).toString() };
};

/** What is told of other movers, each with a test that would fail on them. */
describe('a move', () => {
  it('never takes another object of the same name at the new place for the one that it moves', async () => {
    const member = await withBucket(world, { a: 'one', b: 'two' });
    world.intercept.new = async (request) => {
      if (request.operation !== 'PutObject' || request.key !== 'b') return undefined;
      delete world.intercept.new;
      await world.stores.new.put('b', 'foreign');
      return undefined;
    };
    const { id } = await start(member);
    const job = await until(member, id, 'completed_with_errors');
    expect(job.flippedAt).toBeUndefined();
    const { failures } = await member.parts.jobs.failures(id);
    expect(failures.map(({ key }) => key)).toEqual(['b']);
    await member.parts.jobs.cancel(id);
    await until(member, id, 'cancelled');
    expect(await world.stores.old.all()).toEqual({ a: 'one', b: 'two' });
  });

  it('brings keys that end in a slash, with what they hold', async () => {
    const member = await withBucket(world, { 'a/': '', 'b/': 'a folder', 'b/c': 'in it' });
    await until(member, (await start(member)).id, 'succeeded');
    expect(await world.stores.new.all()).toEqual({ 'a/': '', 'b/': 'a folder', 'b/c': 'in it' });
  });

  it('of a bucket that has another name where it is moves, and cleans up, that one', async () => {
    const member = await withBucket(world, { a: 'of a namesake' });
    const behind = { ...OLD, bucket: 'photos-2019' };
    await world.stores.old.make(behind.bucket);
    await member.parts.state.buckets.update(NAME, (record) => ({ ...record, target: behind }));
    await expect.poll(() => member.ask('PutObject', 'PUT', { key: 'b', body: 'its own' })).toBe(200);
    expect(await world.stores.old.all(behind.bucket)).toEqual({ b: 'its own' });
    await until(member, (await start(member, { deleteSource: true })).id, 'succeeded');
    expect(await world.stores.new.all()).toEqual({ b: 'its own' });
    expect(await world.stores.old.has(behind.bucket)).toBe(false);
    expect(await world.stores.old.all()).toEqual({ a: 'of a namesake' });
  });

  it('keeps headers, user metadata and tags', async () => {
    const member = await withBucket(world);
    await world.stores.old.put('a', 'one', {
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'max-age=60',
      'content-disposition': 'attachment; filename="a.txt"',
      'x-amz-meta-owner': 'somebody',
      'x-amz-tagging': 'kind=photo',
    });
    await until(member, (await start(member)).id, 'succeeded');
    expect((await answerOf(member, 'GetObject')).headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'max-age=60',
      'content-disposition': 'attachment; filename="a.txt"',
      'x-amz-meta-owner': 'somebody',
    });
    expect((await answerOf(member, 'GetObjectTagging')).text).toContain(
      '<Key>kind</Key><Value>photo</Value>',
    );
  });

  it('whose page takes longer than all leases keeps its gate closed, and its job', async () => {
    const member = await withBucket(world, { a: 'one' });
    const other = await world.join();
    let slow = 0;
    world.intercept.old = async (request) => {
      // Those of staging are over, and the sweep has its first page before it.
      if (isListing(request) && (await recordOf(member)).shadow && slow < 2) {
        slow += 1;
        await systemClock.sleep(5_000);
      }
      return undefined;
    };
    const { id } = await start(member);
    const answers = new Set<number | string>();
    const ended = until(member, id, 'succeeded');
    let isOver = false;
    ended.finally(() => {
      isOver = true;
    });
    while (!isOver && (await recordOf(member)).job?.gates) {
      for (const gateway of [member, other])
        answers.add(await gateway.ask('PutObject', 'PUT', { key: 'a', body: 'lost?' }));
      await systemClock.sleep(50);
    }
    await ended;
    expect(slow).toBe(2);
    expect(answers).toContain('SlowDown');
    // Whoever was let in after the gate had opened has written to the new place, and there alone.
    const now = await member.text('a');
    expect(await world.stores.old.all()).toEqual({ a: 'one' });
    expect(await world.stores.new.all()).toEqual({ a: now });
  }, 60_000);

  it('goes through more than 10,000 pages of one listing', async () => {
    const member = await withBucket(world, { a: 'one', b: 'two' });
    let pages = 0;
    world.intercept.old = async (request) => {
      if (!isListing(request) || (await recordOf(member)).swaps !== 1) return undefined;
      pages += 1;
      return pages <= 10_000 ? emptyPage(pages) : undefined;
    };
    world.rewrite.old = withoutToken;
    await until(member, (await start(member)).id, 'succeeded', 100_000);
    expect(pages).toBeGreaterThan(10_000);
    expect(await world.stores.new.all()).toEqual({ a: 'one', b: 'two' });
  }, 120_000);
});
