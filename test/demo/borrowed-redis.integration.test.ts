import { afterAll, beforeAll, expect, it } from 'vitest';
import { borrowRedis } from '../../demo/borrowed-redis.js';
import { openRedisKv } from '../../src/state/redis-kv.js';
import { systemClock } from '../../src/system/clock.js';
import { describeWith } from '../support/describe-with.js';
import { freePort } from '../support/ports.js';
import { type RedisServer, startRedis } from '../support/redis.js';

describeWith(['redis-server'], 'a Redis that the demo borrows', () => {
  let server: RedisServer;

  beforeAll(async () => {
    server = await startRedis();
  });

  afterAll(() => server?.close());

  it('is given back as it was, and can be borrowed again', async () => {
    const { url } = server;
    const borrowed = await borrowRedis(url);
    const kv = await openRedisKv({ url, clock: systemClock });
    await kv.commit({ sets: [{ key: 'a', value: '1', expireIn: 60_000 }] });
    await expect(borrowRedis(url)).rejects.toThrow(/has the state of a Penumbra already/);
    expect((await kv.get('a'))?.value).toBe('1');

    await borrowed.giveBack();
    await expect(kv.get('a')).rejects.toThrow(/not the state that was opened/);
    await kv.close();
    await borrowRedis(url);
  });

  it('that does not answer is named by the reason', async () => {
    await expect(borrowRedis(`redis://127.0.0.1:${await freePort()}`)).rejects.toThrow(/ECONNREFUSED/);
  });
});
