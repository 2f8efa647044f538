import { DeleteObjectsCommand } from '@aws-sdk/client-s3';
import pLimit from 'p-limit';
import { expect, test } from 'vitest';
import type { BucketClient } from '../support/bucket-client.js';
import { describeMoves, type World } from './scenarios.js';

const NOT_FOUND = { name: 'NoSuchKey' };

/** Waits until a sweep that begins now has ended. */
async function sweep({ storage }: World, name: string) {
  await storage('sweep', name, 'start');
  await expect
    .poll(() => storage('sweep', name, 'status'), { timeout: 20_000 })
    .toMatchObject({ state: 'done' });
  return storage('status', name);
}

/** All the ways in which deleted objects might be seen again. */
async function expectGone(world: World, bucket: BucketClient, ...keys: string[]): Promise<void> {
  for (const look of ['first', 'second']) {
    for (const key of keys) {
      await expect(bucket.get(key), look).rejects.toMatchObject(NOT_FOUND);
      await expect(bucket.get(key, { Range: 'bytes=0-1' }), look).rejects.toMatchObject(NOT_FOUND);
      expect(await bucket.has(key), look).toBe(false);
    }
    const listed = await bucket.keys();
    expect(listed.filter((key) => keys.includes(key))).toEqual([]);
    if (look === 'first') await sweep(world, bucket.name);
  }
}

describeMoves((world) => {
  test.each([[[]], [['--shadow-write-through']]])('a delete is made in both stores (%j)', async (flags) => {
    const { bucket, old } = await world().move(
      async (before) => {
        for (const key of ['moved', 'unmoved', 'stays']) await before.put(key, key);
      },
      ...flags,
    );
    await bucket.get('moved');
    await expect.poll(async () => (await bucket.head('moved')).source).toBe('target');
    for (const key of ['moved', 'unmoved', 'never was']) await bucket.delete(key);
    expect(await bucket.keys()).toEqual(['stays']);
    await expect.poll(() => old.keys()).toEqual(['stays']);
    await expectGone(world(), bucket, 'moved', 'unmoved');
    await bucket.put('moved', 'anew');
    expect(await bucket.text('moved')).toBe('anew');
  });

  test('--shadow-delete target leaves the shadow as it is, and the object is gone all the same', async () => {
    const fill = async (before: BucketClient) => {
      for (const key of ['a/1', 'a/2', 'b']) await before.put(key, key);
    };
    const { bucket, old } = await world().move(fill, '--shadow-delete', 'target');
    await bucket.get('a/1');
    await bucket.delete('a/1');
    await bucket.delete('b');
    await expectGone(world(), bucket, 'a/1', 'b');
    expect(await old.keys()).toEqual(['a/1', 'a/2', 'b']);
    expect(await bucket.keys()).toEqual(['a/2']);
    const { migration } = await world().storage('status', bucket.name);
    expect(migration).toMatchObject({ state: 'complete', objects_total: 1, remaining: 0, tombstones: 2 });
  });

  test('an object is gone although the shadow could not delete it, which is made good later', async () => {
    const { bucket, old } = await world().move((before) => before.put('stuck', 'here'));
    world().proxy.disturb(({ method }) => (method === 'DELETE' ? 500 : undefined));
    await bucket.delete('stuck');
    await expectGone(world(), bucket, 'stuck');
    expect(await old.keys()).toEqual(['stuck']);
    expect((await world().storage('status', bucket.name)).migration.pending_repairs).toBe(1);
    world().proxy.heal();
    await expect.poll(() => old.keys(), { timeout: 20_000 }).toEqual([]);
    await expect
      .poll(async () => (await world().storage('status', bucket.name)).migration.pending_repairs)
      .toBe(0);
  });

  test('one request deletes 1,000 keys, wherever they are', async () => {
    const keys = Array.from({ length: 1_000 }, (_, index) => `batch/${String(index).padStart(4, '0')} ü&<+`);
    const limit = pLimit(16);
    const all = (wanted: string[], put: (key: string) => Promise<unknown>) =>
      Promise.all(wanted.map((key) => limit(() => put(key))));
    const { bucket, old } = await world().move(async (before) => {
      await all(keys.slice(0, 150), (key) => before.put(key, 'old'));
      await before.put('kept', 'kept');
    });
    await all(keys.slice(100, 250), (key) => bucket.put(key, 'new'));
    const Objects = keys.map((Key) => ({ Key }));
    const { Deleted = [], Errors = [] } = await bucket.sdk.send(
      new DeleteObjectsCommand({ Bucket: bucket.name, Delete: { Objects } }),
    );
    expect(Errors).toEqual([]);
    expect(Deleted.map(({ Key }) => Key).sort()).toEqual(keys);
    expect(await bucket.keys()).toEqual(['kept']);
    await expect.poll(() => old.keys(), { timeout: 20_000 }).toEqual(['kept']);
  });
});
