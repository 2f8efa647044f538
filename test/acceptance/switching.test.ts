import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import type { BucketClient } from '../support/bucket-client.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { describeMoves, type World } from './scenarios.js';

const MEBIBYTE = 1024 * 1024;
const UNAVAILABLE = { $metadata: { httpStatusCode: 503 } };

/** A PUT of which the client has sent all but the end. */
async function slowPut(bucket: BucketClient, key: string) {
  const body = new PassThrough();
  const command = new PutObjectCommand({
    Bucket: bucket.name,
    Key: key,
    Body: body,
    ContentLength: MEBIBYTE,
  });
  const answered = bucket.sdk.send(command);
  body.write(Buffer.alloc(MEBIBYTE - 1, 'a'));
  await expect.poll(() => body.writableLength + body.readableLength).toBe(0);
  return {
    answered,
    async end() {
      body.end('z');
      await answered;
    },
  };
}

/** One more gateway, whose lease is over soon after it was killed or lost the state. */
async function startMortal({ startAnother }: World, env: Readonly<Record<string, string>> = {}) {
  const config = join(await temporaryFolder(), 'penumbra.yaml');
  const times = { connect_ms: 500, first_byte_ms: 1_500, margin_ms: 2_000, lease_ms: 10_000 };
  await writeFile(config, JSON.stringify({ times }));
  return startAnother({ ...env, PENUMBRA_CONFIG: config });
}

/** Deletes each key through one gateway after the other, and tells of every one that shows again at any. */
async function deleteAll(keys: readonly string[], clients: readonly BucketClient[], isOver: () => boolean) {
  const gone: string[] = [];
  const back = new Set<string>();
  const look = async (key: string) => {
    for (const client of clients) {
      const seen = await client.has(key).catch(unlessTold503);
      if (seen) back.add(key);
    }
  };
  for (const [index, key] of keys.entries()) {
    const client = clients[index % clients.length];
    const isDeleted = await client?.delete(key).then(() => true, unlessTold503);
    if (isDeleted) gone.push(key);
    for (const old of gone.slice(-5)) await look(old);
  }
  while (!isOver()) for (const key of gone) await look(key);
  for (const key of gone) await look(key);
  return { gone, back: [...back] };
}

/** In the moments between two rungs a gateway may ask to come back. */
function unlessTold503(error: { readonly $metadata?: { readonly httpStatusCode?: number } }): false {
  if (error.$metadata?.httpStatusCode !== 503) throw error;
  return false;
}

async function sweepAll({ storage }: World, { name }: BucketClient): Promise<void> {
  await storage('sweep', name, 'start');
  await expect
    .poll(() => storage('sweep', name, 'status'), { timeout: 30_000 })
    .toMatchObject({ state: 'done', failed: 0 });
}

/** All gateways serve the bucket as it was asked for. */
async function settled({ storage }: World, { name }: BucketClient): Promise<void> {
  await expect.poll(async () => (await storage('status', name)).switching, { timeout: 30_000 }).toBeNull();
}

describeMoves(
  (world) => {
    test('write-through is on once what other gateways had begun before has ended', async () => {
      const { storage } = world();
      const other = await world().startAnother();
      const { bucket, old } = await world().move();
      const there = bucket.at(other.url);
      const upload = await slowPut(there, 'begun before');

      const update = storage('update', bucket.name, '--shadow-write-through', '--wait', '1');
      await expect(update).rejects.toThrow(`still under way, and waits for gateway`);
      const { switching } = await storage('status', bucket.name);
      expect(switching).toMatchObject({ rung: 'exclusive', aim: 'write-through' });
      expect(switching.waiting_for.join()).toContain(`-${other.pid}-`);
      await there.put('between', 'rungs');

      await upload.end();
      await settled(world(), bucket);
      await there.put('after', 'in both');
      expect((await old.keys()).sort()).toEqual(['after']);
      expect((await bucket.keys()).sort()).toEqual(['after', 'begun before', 'between']);
      expect(await other.stop()).toBe(0);
    });

    test('a gateway that was killed does not keep the others from switching', async () => {
      const { storage } = world();
      const mortal = await startMortal(world());
      const { bucket, old } = await world().move();
      await bucket.at(mortal.url).put('key', 'served by the one that dies');
      await mortal.stop('SIGKILL');
      await storage('update', bucket.name, '--shadow-write-through');
      await bucket.put('after', 'in both');
      expect(await old.keys()).toEqual(['after']);
    });

    test('nothing that clients delete comes back while a shadow is written to, left alone again and cleared', async () => {
      const { storage, move } = world();
      const other = await world().startAnother();
      const keys = Array.from({ length: 40 }, (_, index) => `key ${index}`);
      const fill = async (before: BucketClient) => {
        await Promise.all([...keys, 'kept'].map((key) => before.put(key, key)));
      };
      const { bucket, old } = await move(fill, '--shadow-delete', 'target');
      let isOver = false;
      const deleting = deleteAll(keys, [bucket, bucket.at(other.url)], () => isOver);
      await storage('update', bucket.name, '--shadow-write-through');
      await storage('update', bucket.name, '--no-shadow-write-through');
      await sweepAll(world(), bucket);
      await storage('update', bucket.name, '--clear-shadow');
      isOver = true;
      const { gone, back } = await deleting;
      expect(back).toEqual([]);
      expect(gone.length).toBeGreaterThan(10);
      expect(await bucket.text('kept')).toBe('kept');
      expect(await old.keys()).toContain(gone[0]);
      expect(await other.stop()).toBe(0);
    });
  },
  { only: ({ target }) => target === 'disk' },
);

describeMoves(
  (world) => {
    test('a gateway that has lost the state is left behind, writes nothing, and follows when it is back', async () => {
      const { redisUrl = '', storage } = world();
      const network = await startTcpProxy(Number(new URL(redisUrl).port));
      const lost = await startMortal(world(), { PENUMBRA_REDIS: `redis://127.0.0.1:${network.port}` });
      const { bucket, old } = await world().move();
      await bucket.put('key', 'in the target');
      const there = bucket.at(lost.url);
      const upload = await slowPut(there, 'begun before');
      const outcome = upload.answered.catch((error) => error.$metadata.httpStatusCode);

      network.muteServer();
      await storage('update', bucket.name, '--shadow-write-through');
      expect(await outcome).toBe(503);
      await expect(there.put('key', 'by the rules of before')).rejects.toMatchObject(UNAVAILABLE);
      expect(await there.text('key')).toBe('in the target');
      await expect(there.get('other')).rejects.toMatchObject(UNAVAILABLE);
      await bucket.put('key', 'in both');
      expect(await there.text('key')).toBe('in both');

      network.cut();
      await expect
        .poll(() => there.put('key', 'in both again').then(() => true, unlessTold503), { timeout: 30_000 })
        .toBe(true);
      expect(await old.text('key')).toBe('in both again');
      expect(await bucket.keys()).toEqual(['key']);
      expect(await lost.stop()).toBe(0);
      await network.close();
    });
  },
  { only: ({ state, target }) => state === 'Redis' && target === 'disk' },
);
