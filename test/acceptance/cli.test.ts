import { expect, test } from 'vitest';
import { BucketClient } from '../support/bucket-client.js';
import { penumbra } from '../support/penumbra.js';
import { accountOf, describeMoves, newBucketName, PASSWORD } from './scenarios.js';

const OBJECTS = 120;

describeMoves(
  (world) => {
    test('a bucket is moved by commands alone, from its creation to its end', {
      timeout: 120_000,
    }, async () => {
      const { gateway, legacy, proxy } = world();
      const old = await new BucketClient(legacy, newBucketName()).create();
      for (let index = 0; index < OBJECTS; index += 1)
        await old.put(`${index % 7}/ü ${index}`, `body ${index}`);
      const name = newBucketName();
      const env = {
        PENUMBRA_URL: gateway.url,
        PENUMBRA_ADMIN_PASSWORD: PASSWORD,
        PENUMBRA_SHADOW_ACCESS_KEY: legacy.accessKeyId,
        PENUMBRA_SHADOW_SECRET_KEY: legacy.secretAccessKey,
      };
      const storage = (...args: string[]) => penumbra(args, { env, bin: 'storage.js' });
      const done = async (...args: string[]) => {
        const { code, stdout, stderr } = await storage(...args, '--json');
        expect([code, stderr]).toEqual([0, '']);
        return JSON.parse(stdout);
      };
      const shadow = [
        '--shadow-name',
        old.name,
        '--shadow-endpoint',
        proxy.endpoint,
        '--shadow-region',
        legacy.region,
      ];

      const created = await done('create', '-n', name, '-o', 'acme', ...shadow);
      expect(created).toMatchObject({ bucket: name, endpoint: gateway.url });
      const bucket = new BucketClient(accountOf(created), name);
      expect((await storage('create', '-n', name, ...shadow)).code).toBe(1);
      expect((await storage('create', '-n', newBucketName(), '--shadow-region', 'x')).code).toBe(2);

      await bucket.get('0/ü 0');
      await bucket.delete('1/ü 1');
      await expect
        .poll(async () => (await done('status', name)).migration)
        .toMatchObject({
          state: 'migrating',
          objects_total: OBJECTS - 1,
          objects_done: 1,
          remaining: OBJECTS - 2,
          tombstones: 1,
          exact: true,
        });
      const refused = await storage('update', name, '--clear-shadow');
      expect([refused.code, refused.stdout]).toEqual([1, '']);
      expect(refused.stderr).toContain(
        `error: only the shadow has ${OBJECTS - 2} objects: "0/ü 105", "0/ü 112"`,
      );

      const updated = await done(
        'update',
        name,
        ...shadow,
        '--shadow-write-through',
        '--shadow-delete',
        'target',
      );
      expect(updated.shadow).toMatchObject({ name: old.name, write_through: true, delete: 'target' });
      expect(await done('sweep', name, 'start')).toMatchObject({ state: 'planning' });
      await expect
        .poll(() => done('sweep', name, 'status'), { timeout: 60_000 })
        .toMatchObject({
          state: 'done',
          objects_copied: OBJECTS - 2,
          failed: 0,
        });
      expect((await done('status', name)).migration).toMatchObject({ state: 'complete', remaining: 0 });
      expect(await done('update', name, '--clear-shadow')).toMatchObject({
        shadow: null,
        migration: { state: 'none', tombstones: 0 },
      });

      proxy.disturb(() => 'reset');
      expect(await bucket.keys()).toHaveLength(OBJECTS - 1);
      expect(await bucket.text('6/ü 118')).toBe('body 118');
      const { buckets } = await done('list', '-o', 'acme');
      expect(buckets).toEqual([expect.objectContaining({ bucket: name, shadow: null })]);
      expect((await storage('destroy', name, '-y')).code).toBe(1);
      for (const key of await bucket.keys()) await bucket.delete(key);
      expect(await done('destroy', name, '-y')).toEqual({ bucket: name, destroyed: true });
      await expect(bucket.keys()).rejects.toMatchObject({ name: 'InvalidAccessKeyId' });
    });

    test('a sweep counts what it could not copy, and the next one copies that', async () => {
      const { storage, proxy } = world();
      const keys = Array.from({ length: 30 }, (_, index) => `key ${index}`);
      const { bucket, old } = await world().move(async (before) => {
        for (const key of keys) await before.put(key, key);
      });
      const sweep = async () => {
        await storage('sweep', bucket.name, 'start');
        const progress = () => storage('sweep', bucket.name, 'status');
        await expect.poll(progress, { timeout: 20_000 }).toMatchObject({ state: 'done' });
        return progress();
      };
      const lost = `/${old.name}/key%2013`;
      proxy.disturb(({ method, target }) => (method === 'GET' && target.startsWith(lost) ? 500 : undefined));
      expect(await sweep()).toMatchObject({ objects_copied: 29, failed: 1 });
      expect((await storage('status', bucket.name)).migration).toMatchObject({ remaining: 1, failed: 1 });
      proxy.heal();
      expect(await sweep()).toMatchObject({ objects_copied: 1, failed: 0 });
      expect((await storage('status', bucket.name)).migration).toMatchObject({
        state: 'complete',
        failed: 0,
      });
      expect(await bucket.text('key 13')).toBe('key 13');
    });

    test('--force leaves a shadow that was not copied', async () => {
      const { storage } = world();
      const { bucket, old } = await world().move((before) => before.put('left behind', 'here'));
      await expect(storage('update', bucket.name, '--clear-shadow')).rejects.toThrow(
        'only the shadow has 1 object',
      );
      expect(await storage('update', bucket.name, '--clear-shadow', '--force')).toMatchObject({
        shadow: null,
      });
      await expect(bucket.get('left behind')).rejects.toMatchObject({ name: 'NoSuchKey' });
      expect(await old.text('left behind')).toBe('here');
    });

    test('commands without a gateway, a password or sense say what is wrong', async () => {
      const { url } = world().gateway;
      const run = async (args: string[], env: Record<string, string>) => {
        const { code, stdout, stderr } = await penumbra(args, {
          env: { XDG_CONFIG_HOME: '/nonexistent', ...env },
        });
        expect(stdout).toBe('');
        return [code, stderr];
      };
      const nowhere = { PENUMBRA_URL: 'http://127.0.0.1:1', PENUMBRA_ADMIN_PASSWORD: PASSWORD };
      expect(await run(['storage', 'list'], nowhere)).toEqual([
        1,
        'error: no gateway answers at http://127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1\n',
      ]);
      expect(await run(['storage', 'list'], { PENUMBRA_URL: url })).toEqual([
        1,
        `error: not logged in to ${url}: run "penumbra login", or set PENUMBRA_ADMIN_PASSWORD or PENUMBRA_TOKEN\n`,
      ]);
      expect(await run(['storage', 'list'], { PENUMBRA_URL: url, PENUMBRA_ADMIN_PASSWORD: 'wrong' })).toEqual(
        [1, 'error: the password is wrong\n'],
      );
      expect((await run(['storage', 'create'], {}))[0]).toBe(2);
      expect((await run(['storage', 'erase'], {}))[0]).toBe(2);
    });
  },
  { only: ({ state, legacy }) => (state === 'Redis') === (legacy === 'Penumbra') },
);
