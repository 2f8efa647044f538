import { randomBytes } from 'node:crypto';
import { CopyObjectCommand, DeleteObjectsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import type { BucketClient } from '../support/bucket-client.js';
import { describeMoves, type Move, type World } from './scenarios.js';

const MEBIBYTE = 1024 * 1024;
const TO_2024 = ['--shadow-prefix', 'archive/', '--target-prefix', 'old/2024/'];
const BESIDE = { 'other/x': 'of others', 'old/2024/a': 'of others', archived: 'of others' };

/** A bucket of others, of which the archive is moved into a bucket that is in use. */
async function moveArchive(
  { move }: World,
  objects: Readonly<Record<string, string | Buffer>>,
  ...flags: string[]
) {
  const moved = await move(
    async (old) => {
      for (const [key, body] of Object.entries(BESIDE)) await old.put(key, body);
      for (const [key, body] of Object.entries(objects)) await old.put(`archive/${key}`, body);
    },
    ...TO_2024,
    ...flags,
  );
  for (const key of ['top', 'old/2023/z']) await moved.bucket.put(key, 'mine');
  return moved;
}

/** What `delimiter=/` shows, as a tool shows a folder. */
async function folder({ sdk, name }: BucketClient, prefix: string): Promise<string[]> {
  const command = new ListObjectsV2Command({ Bucket: name, Prefix: prefix, Delimiter: '/' });
  const { Contents = [], CommonPrefixes = [] } = await sdk.send(command);
  return [...Contents.map(({ Key }) => Key ?? ''), ...CommonPrefixes.map(({ Prefix }) => Prefix ?? '')];
}

const copy = ({ sdk, name }: BucketClient, from: string, to: string) =>
  sdk.send(new CopyObjectCommand({ Bucket: name, Key: to, CopySource: `${name}/${from}` }));

async function isUntouched({ old }: Move): Promise<void> {
  const beside = (await old.keys()).filter((key) => !key.startsWith('archive/'));
  expect(beside).toEqual(Object.keys(BESIDE).sort());
  for (const key of beside) expect(await old.text(key)).toBe('of others');
}

describeMoves((world) => {
  test('the archive of one bucket becomes a folder of another, while clients use both', {
    timeout: 120_000,
  }, async () => {
    const large = randomBytes(6 * MEBIBYTE);
    const many = Array.from({ length: 60 }, (_, index) => [`many/ü ${index}`, `body ${index}`] as const);
    const objects = { a: 'first', 'b/c': 'second', large, gone: 'x', ...Object.fromEntries(many) };
    const moved = await moveArchive(world(), objects, '--shadow-write-through');
    const { bucket, old } = moved;

    expect(await bucket.get('old/2024/a')).toMatchObject({ bytes: Buffer.from('first'), source: 'shadow' });
    expect((await bucket.head('old/2024/b/c')).source).toBe('shadow');
    expect((await bucket.get('old/2024/large', { Range: 'bytes=5-9' })).bytes).toEqual(large.subarray(5, 10));
    expect(await bucket.get('top')).toMatchObject({ bytes: Buffer.from('mine'), source: 'target' });
    for (const key of ['other/x', 'archive/a', 'archived', 'a']) expect(await bucket.has(key)).toBe(false);

    expect(await folder(bucket, '')).toEqual(['top', 'old/']);
    expect(await folder(bucket, 'old/')).toEqual(['old/2023/', 'old/2024/']);
    expect(await folder(bucket, 'old/2024/')).toEqual(
      ['a', 'gone', 'large', 'b/', 'many/'].map((name) => `old/2024/${name}`),
    );

    await bucket.put('old/2024/written', 'in both');
    await bucket.put('elsewhere', 'in the target');
    await bucket.putInParts('old/2024/parts', large);
    await bucket.putInParts('parts', large);
    await copy(bucket, 'top', 'old/2024/copied');
    await copy(bucket, 'old/2024/many/%C3%BC%201', 'copied');
    expect(await old.text('archive/written')).toBe('in both');
    expect((await old.get('archive/parts')).bytes.equals(large)).toBe(true);
    expect(await old.text('archive/copied')).toBe('mine');
    expect(await bucket.text('copied')).toBe('body 1');

    await world().storage('sweep', bucket.name, 'start');
    const Objects = ['old/2024/gone', 'elsewhere'].map((Key) => ({ Key }));
    await bucket.sdk.send(new DeleteObjectsCommand({ Bucket: bucket.name, Delete: { Objects } }));
    await bucket.delete('old/2024/many/ü 0');
    await bucket.put('old/2024/a', 'changed');
    expect(await bucket.text('old/2024/a')).toBe('changed');
    for (const key of ['old/2024/gone', 'elsewhere', 'old/2024/many/ü 0'])
      expect(await bucket.has(key)).toBe(false);
    await expect
      .poll(() => world().storage('sweep', bucket.name, 'status'), { timeout: 60_000 })
      .toMatchObject({ state: 'done', failed: 0 });
    await expect
      .poll(async () => (await world().storage('status', bucket.name)).migration, { timeout: 30_000 })
      .toMatchObject({ state: 'complete', objects_total: 65, objects_done: 65 });
    expect(await old.text('archive/a')).toBe('changed');
    for (const key of ['archive/gone', 'archive/many/ü 0']) expect(await old.has(key)).toBe(false);
    await isUntouched(moved);

    const before = await bucket.keys();
    await world().storage('update', bucket.name, '--clear-shadow');
    expect(await bucket.keys()).toEqual(before);
    expect(before).toHaveLength(65 + 4);
    for (const [rest, body] of many.slice(1)) expect(await bucket.text(`old/2024/${rest}`)).toBe(body);
    await bucket.delete('old/2024/written');
    expect(await old.text('archive/written')).toBe('in both');
  });

  test('without write-through the old bucket is left as it was, but for what is deleted', async () => {
    const moved = await moveArchive(world(), { a: 'first', b: 'second' });
    const { bucket, old } = moved;
    await bucket.put('old/2024/new', 'fresh');
    await bucket.put('old/2024/a', 'changed');
    await bucket.delete('old/2024/b');
    expect(await folder(bucket, 'old/2024/')).toEqual(['old/2024/a', 'old/2024/new']);
    await expect.poll(() => old.has('archive/b')).toBe(false);
    expect(await old.text('archive/a')).toBe('first');
    expect(await old.has('archive/new')).toBe(false);
    await isUntouched(moved);
  });

  test('a shadow is cleared once nothing under its prefix is left, and keeps its prefixes until then', async () => {
    const { storage } = world();
    const { bucket } = await moveArchive(world(), { a: 'first' });
    const { shadow } = await storage('status', bucket.name);
    expect(shadow).toMatchObject({ prefix: 'archive/', target_prefix: 'old/2024/' });
    await expect(storage('update', bucket.name, '--clear-shadow')).rejects.toThrow(
      'only the shadow has 1 object: "old/2024/a"',
    );
    await expect(storage('update', bucket.name, '--shadow-prefix', '')).rejects.toThrow(
      'shadow.prefix: "" must be "archive/" as long as this shadow is set: clear the shadow first',
    );
    expect(await bucket.text('old/2024/a')).toBe('first');
    await expect.poll(async () => (await storage('status', bucket.name)).migration.state).toBe('complete');
    await storage('update', bucket.name, '--clear-shadow');
    expect(await bucket.keys()).toEqual(['old/2023/z', 'old/2024/a', 'top']);
  });
});
