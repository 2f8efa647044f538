import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { BucketClient } from '../support/bucket-client.js';
import { type PenumbraServer, penumbra } from '../support/penumbra.js';
import { accountOf, describeMoves, newBucketName, PASSWORD } from './scenarios.js';

/** Runs a command at one of the gateways and returns its JSON. */
async function command({ url }: PenumbraServer, ...args: string[]) {
  const env = { PENUMBRA_URL: url, PENUMBRA_ADMIN_PASSWORD: PASSWORD };
  const { code, stdout, stderr } = await penumbra([...args, '--json'], { env });
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
}

/** Whether a new object is in the old bucket as well. */
async function writesThrough(bucket: BucketClient, old: BucketClient): Promise<boolean> {
  const key = `tried/${randomUUID()}`;
  await bucket.put(key, 'tried');
  return old.has(key);
}

describeMoves(
  (world) => {
    test('a bucket and a key that are made at one gateway are served by the other at once, until they go', async () => {
      const { gateway } = world();
      const other = await world().startAnother();
      const name = newBucketName();
      const created = await command(gateway, 'storage', 'create', '-n', name);
      const bucket = new BucketClient(accountOf(created), name);
      await bucket.at(other.url).put('key', 'from the other');
      expect(await bucket.text('key')).toBe('from the other');

      const key = await command(other, 'keys', 'create', name, '--role', 'readonly');
      const account = {
        ...bucket.account,
        accessKeyId: key.access_key_id,
        secretAccessKey: key.secret_access_key,
      };
      const reader = new BucketClient(account, name);
      expect(await reader.text('key')).toBe('from the other');
      expect(await reader.at(other.url).text('key')).toBe('from the other');
      await command(gateway, 'keys', 'revoke', key.access_key_id);
      await expect(reader.text('key')).rejects.toMatchObject({ name: 'InvalidAccessKeyId' });
      await expect
        .poll(() =>
          reader
            .at(other.url)
            .text('key')
            .catch((error: Error) => error.name),
        )
        .toBe('InvalidAccessKeyId');

      await bucket.delete('key');
      await command(other, 'storage', 'destroy', name, '-y');
      await expect
        .poll(() => bucket.text('key').catch((error: Error) => error.name))
        .toMatch(/InvalidAccessKeyId/);
    });

    test('settings that change at one gateway are followed by the other without a restart', async () => {
      const { gateway, storage, shadowFlags } = world();
      const other = await world().startAnother();
      const { bucket, old } = await world().move((before) => before.put('old', 'of the past'));
      const there = bucket.at(other.url);
      expect(await there.get('old')).toMatchObject({ source: 'shadow' });
      await there.put('first', 'in the target');
      expect(await old.has('first')).toBe(false);

      await storage(
        'update',
        bucket.name,
        '--shadow-name',
        old.name,
        ...shadowFlags,
        '--shadow-write-through',
      );
      await expect.poll(() => writesThrough(there, old)).toBe(true);

      await storage('update', bucket.name, '--public');
      await expect.poll(async () => (await fetch(`${other.url}/${bucket.name}/first`)).status).toBe(200);
      await command(other, 'storage', 'update', bucket.name, '--private');
      await expect.poll(async () => (await fetch(`${gateway.url}/${bucket.name}/first`)).status).toBe(403);

      await command(other, 'storage', 'update', bucket.name, '--clear-shadow');
      await expect.poll(() => writesThrough(bucket, old)).toBe(false);
      expect(await bucket.get('old')).toMatchObject({ source: 'target' });
    });

    test('what one gateway deletes, no other shows', async () => {
      const keys = Array.from({ length: 20 }, (_, index) => `key ${index}`);
      const other = await world().startAnother();
      const { bucket } = await world().move(async (before) => {
        for (const key of keys) await before.put(key, key);
      });
      const there = bucket.at(other.url);
      for (const [index, key] of keys.entries()) {
        const [one, two] = index % 2 === 0 ? [bucket, there] : [there, bucket];
        const reading = two.get(key).catch(() => undefined);
        await one.delete(key);
        await reading;
        expect(await two.has(key)).toBe(false);
        expect(await one.has(key)).toBe(false);
      }
      expect(await there.keys()).toEqual([]);
    });
  },
  { only: ({ state, target }) => (state === 'LMDB') === (target === 'disk') },
);
