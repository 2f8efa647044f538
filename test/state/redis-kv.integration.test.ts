import { Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { Kv } from '../../src/state/kv.js';
import { openRedisKv, type RedisKvOptions } from '../../src/state/redis-kv.js';
import { systemClock } from '../../src/system/clock.js';
import { describeWith } from '../support/describe-with.js';
import { ManualClock } from '../support/manual-clock.js';
import { freePort } from '../support/ports.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';

const UNAVAILABLE = { name: 'KvUnavailable' };
const PATIENTLY = { timeout: 20_000, interval: 50 };

async function redisServer(): Promise<RedisServer> {
  const redis = await startRedis({ durable: true });
  onTestFinished(() => redis.close());
  return redis;
}

async function proxyTo({ port }: RedisServer): Promise<TcpProxy & { readonly url: string }> {
  const proxy = await startTcpProxy(port);
  onTestFinished(() => proxy.close());
  return { ...proxy, url: `redis://127.0.0.1:${proxy.port}` };
}

async function kvAt(url: string, options: Partial<RedisKvOptions> = {}): Promise<Kv> {
  const kv = await openRedisKv({ url, clock: systemClock, ...options });
  onTestFinished(() => kv.close());
  return kv;
}

const set = (key: string, value = '') => ({ sets: [{ key, value }] });

describeWith(['redis-server'], 'the Redis store', () => {
  it('rejects every call while the server is away, and serves again after it came back', async () => {
    const redis = await redisServer();
    const kv = await kvAt(redis.url);
    await kv.commit(set('a'));
    await redis.stop('SIGKILL');
    await expect(kv.get('a')).rejects.toMatchObject(UNAVAILABLE);
    await expect(kv.list({ limit: 1 })).rejects.toMatchObject(UNAVAILABLE);
    await expect(kv.commit(set('a'))).rejects.toMatchObject(UNAVAILABLE);
    await vi.waitFor(() => expect(kv.get('a')).rejects.toThrow(/ECONNREFUSED/), PATIENTLY);
    await redis.restart();
    await vi.waitFor(() => kv.commit(set('b', 'after')), PATIENTLY);
    expect((await kv.list({ limit: 9 })).map(({ key }) => key)).toEqual(['a', 'b']);
  });

  it('rejects every call while the server is stopped in its tracks, and serves again when it goes on', async () => {
    const redis = await redisServer();
    const kv = await kvAt(redis.url, { deadline: 100 });
    await kv.commit(set('a'));
    redis.pause();
    onTestFinished(() => redis.resume());
    await expect(kv.get('a')).rejects.toThrow('no answer within 100 ms');
    await expect(kv.commit(set('a'))).rejects.toMatchObject(UNAVAILABLE);
    await vi.waitFor(() => expect(kv.get('a')).rejects.toThrow(/Socket timeout/), PATIENTLY);
    redis.resume();
    await vi.waitFor(() => kv.get('a'), PATIENTLY);
  });

  it('takes a server that lost the state, or has another one, as away until it has the state again', async () => {
    const { url } = await redisServer();
    const kv = await kvAt(url);
    await kv.commit(set('a', 'deleted'));
    const redis = new Redis(url);
    onTestFinished(() => redis.disconnect());
    const saved = await redis.dumpBuffer('{penumbra}:pairs');
    const name = await redis.get('{penumbra}:name');
    await redis.flushall();
    const lost = { ...UNAVAILABLE, message: /STATELOST this is not the state that was opened/ };
    await expect(kv.get('a')).rejects.toMatchObject(lost);
    const newcomer = await kvAt(url);
    await expect(kv.get('a')).rejects.toMatchObject(lost);
    await expect(kv.list({ limit: 1 })).rejects.toMatchObject(lost);
    await expect(kv.commit(set('a'))).rejects.toMatchObject(lost);
    expect(await newcomer.get('a')).toBeNull();
    await redis.restore('{penumbra}:pairs', 0, saved);
    await redis.set('{penumbra}:name', `${name}`);
    expect((await kv.get('a'))?.value).toBe('deleted');
  });

  it('gives up a call after its deadline when the server falls silent, and connects anew', async () => {
    const clock = new ManualClock();
    const proxy = await proxyTo(await redisServer());
    const kv = await kvAt(proxy.url, { clock });
    await kv.commit(set('a', 'x'));
    proxy.muteServer();
    const calls = [kv.get('a'), kv.commit(set('a', 'y'))].map((call) =>
      call.catch((error: unknown) => error),
    );
    clock.advance(1_000);
    for (const outcome of await Promise.all(calls)) {
      expect(outcome).toMatchObject({ ...UNAVAILABLE, message: /no answer within 1000 ms/ });
    }
    proxy.cut();
    await vi.waitFor(async () => expect(await kv.get('a')).not.toBeNull(), PATIENTLY);
  });

  it('finds out by itself that a connection is dead', async () => {
    const proxy = await proxyTo(await redisServer());
    const kv = await kvAt(proxy.url, { deadline: 100 });
    proxy.muteServer();
    await expect(kv.get('a')).rejects.toMatchObject(UNAVAILABLE);
    await vi.waitFor(() => expect(kv.get('a')).rejects.toThrow(/Socket timeout/), PATIENTLY);
  });

  it('never sends a commit twice, also when its answer was lost', async () => {
    const proxy = await proxyTo(await redisServer());
    const kv = await kvAt(proxy.url);
    await kv.get('warm-up');
    proxy.muteServer();
    const commit = kv.commit(set('sent-how-often')).catch((error: unknown) => error);
    await vi.waitFor(() => expect(proxy.sent()).toContain('sent-how-often'));
    proxy.cut();
    expect(await commit).toMatchObject(UNAVAILABLE);
    await vi.waitFor(() => kv.commit(set('later')), PATIENTLY);
    expect(proxy.sent().split('sent-how-often')).toHaveLength(2);
  });

  it('tells watchers that changes may have been missed when the connection stands again, and then of changes', async () => {
    const redis = await redisServer();
    const proxy = await proxyTo(redis);
    const [kv, writer] = [await kvAt(proxy.url), await kvAt(redis.url)];
    const seen: (string | null)[] = [];
    kv.watch('a/', (key) => seen.push(key));
    await vi.waitFor(() => expect(seen).toEqual([null]));
    proxy.cut();
    await vi.waitFor(() => expect(seen).toEqual([null, null]), PATIENTLY);
    await writer.commit(set('a/b'));
    await vi.waitFor(() => expect(seen).toEqual([null, null, 'a/b']));
  });

  it('keeps installations with different prefixes apart', async () => {
    const { url } = await redisServer();
    const [one, other] = [await kvAt(url), await kvAt(url, { prefix: 'other' })];
    const seen: (string | null)[] = [];
    other.watch('', (key) => seen.push(key));
    await vi.waitFor(() => expect(seen).toEqual([null]));
    await one.commit(set('a'));
    await other.commit(set('b'));
    await vi.waitFor(() => expect(seen).toEqual([null, 'b']));
    expect((await one.list({ limit: 10 })).map(({ key }) => key)).toEqual(['a']);
    expect((await other.list({ limit: 10 })).map(({ key }) => key)).toEqual(['b']);
  });

  it('keeps everything in one slot of a cluster, and removes what has expired', async () => {
    const { url } = await redisServer();
    const kv = await kvAt(url);
    const sets = Array.from({ length: 90 }, (_, n) => ({ key: `lease/${n}`, value: '', expireIn: 20 }));
    await kv.commit({ sets });
    await vi.waitFor(async () => expect(await kv.list({ limit: 1 })).toEqual([]));
    await kv.commit(set('kept'));
    const redis = new Redis(url);
    onTestFinished(() => redis.disconnect());
    expect((await redis.keys('*')).every((key) => key.startsWith('{penumbra}:'))).toBe(true);
    expect(await redis.hkeys('{penumbra}:pairs')).toEqual(['kept']);
    expect(await redis.zrange('{penumbra}:order', '0', '-1')).toEqual(['kept']);
    expect(await redis.exists('{penumbra}:expiries')).toBe(0);
  });

  it('goes on when the server forgot its scripts, and gives no version twice when it lost writes', async () => {
    const { url } = await redisServer();
    const kv = await kvAt(url);
    const before = await kv.commit(set('a'));
    const redis = new Redis(url);
    onTestFinished(() => redis.disconnect());
    await redis.script('FLUSH');
    await redis.del('{penumbra}:pairs', '{penumbra}:order', '{penumbra}:version');
    const after = await kv.commit(set('a'));
    expect(Number(after)).toBeGreaterThan(Number(before));
  });

  it('does not open without a server, nor with a wrong password, which it does not show', async () => {
    const nowhere = kvAt(`redis://127.0.0.1:${await freePort()}`);
    await expect(nowhere).rejects.toMatchObject({ ...UNAVAILABLE, message: /ECONNREFUSED/ });
    const { port, url } = await redisServer();
    const redis = new Redis(url);
    onTestFinished(() => redis.disconnect());
    await redis.config('SET', 'requirepass', 'right-password');
    const refused = kvAt(`redis://:wrong-password@127.0.0.1:${port}`);
    await expect(refused).rejects.toMatchObject({ ...UNAVAILABLE, message: /WRONGPASS/ });
    await expect(refused).rejects.not.toThrow(/wrong-password/);
    const kv = await kvAt(`redis://:right-password@127.0.0.1:${port}`);
    expect(await kv.get('a')).toBeNull();
  });
});
