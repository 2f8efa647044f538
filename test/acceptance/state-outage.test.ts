import { expect, test } from 'vitest';
import { startTcpProxy } from '../support/tcp-proxy.js';
import { describeMoves } from './scenarios.js';

const UNAVAILABLE = { $metadata: { httpStatusCode: 503 } };

describeMoves(
  (world) => {
    test('without its state a gateway serves what the target has, refuses the rest, and recovers by itself', async () => {
      const network = await startTcpProxy(Number(new URL(world().redisUrl ?? '').port));
      const { url, stop } = await world().startAnother({
        PENUMBRA_REDIS: `redis://127.0.0.1:${network.port}`,
      });
      const ready = async () => (await fetch(`${url}/_/health/ready`)).status;
      const { bucket, old } = await world().move(async (before) => {
        for (const key of ['moved', 'unmoved', 'deleted']) await before.put(key, key);
      });
      const client = bucket.at(url);
      await client.get('moved');
      await expect.poll(async () => (await client.head('moved')).source).toBe('target');
      await client.delete('deleted');

      network.muteServer();
      await expect.poll(ready, { timeout: 10_000 }).toBe(503);
      expect(await client.get('moved')).toMatchObject({ source: 'target' });
      await client.put('new', 'needs no state');
      expect(await client.text('new')).toBe('needs no state');
      await expect(client.get('unmoved')).rejects.toMatchObject(UNAVAILABLE);
      await expect(client.get('deleted')).rejects.toMatchObject(UNAVAILABLE);
      await expect(client.delete('unmoved')).rejects.toMatchObject(UNAVAILABLE);
      await expect(client.keys()).rejects.toMatchObject(UNAVAILABLE);
      expect(await old.keys()).toContain('unmoved');

      network.cut();
      await expect.poll(ready, { timeout: 10_000 }).toBe(200);
      expect(await client.text('unmoved')).toBe('unmoved');
      expect(await client.keys()).toEqual(['moved', 'new', 'unmoved']);
      await expect(client.get('deleted')).rejects.toMatchObject({ name: 'NoSuchKey' });
      expect(await stop()).toBe(0);
      await network.close();
    });
  },
  { only: ({ state, target }) => state === 'Redis' && target === 'disk' },
);
