import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { describeWith } from '../support/describe-with.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { ROOT, startTestGateway, type TestGateway } from './harness.js';

const PATIENTLY = { timeout: 30_000, interval: 100 };
/** What a write that was cut off leaves behind is settled within seconds. */
const TIMES = {
  connectMs: 500,
  firstByteMs: 500,
  idleMs: 500,
  leaseMs: 8_000,
  readLeaseMs: 60_000,
  marginMs: 2_000,
};

interface Outage {
  readonly name: string;
  begin(redis: RedisServer, network: TcpProxy): unknown;
  end(redis: RedisServer, network: TcpProxy): unknown;
}

const OUTAGES: readonly Outage[] = [
  { name: 'dead', begin: (redis) => redis.stop('SIGKILL'), end: (redis) => redis.restart() },
  { name: 'stopped in its tracks', begin: (redis) => redis.pause(), end: (redis) => redis.resume() },
  {
    name: 'behind a network that drops all',
    begin: (_, network) => network.muteServer(),
    end: (_, network) => network.cut(),
  },
];

describeWith(['redis-server'], 'a gateway whose Redis', () => {
  let redis: RedisServer;
  let network: TcpProxy;
  let legacy: TestGateway;
  let gateway: TestGateway;

  beforeEach(async () => {
    redis = await startRedis({ durable: true });
    network = await startTcpProxy(redis.port);
    legacy = await startTestGateway();
    gateway = await startTestGateway({
      config: { redis: `redis://127.0.0.1:${network.port}`, times: TIMES },
    });
    await legacy.createBucket('old');
    for (const key of ['moved', 'unmoved', 'deleted']) await put(legacy, `/old/${key}`);
    await gateway.createBucket('plain', { shadow: shadow() });
    await gateway.createBucket('both', { shadow: shadow({ write_through: true }) });
    for (const bucket of ['plain', 'both']) await put(gateway, `/${bucket}/moved`);
  });

  afterEach(async () => {
    await Promise.all([gateway.close(), legacy.close()]);
    await network.close();
    await redis.close();
  });

  const shadow = (settings = {}) => ({
    name: 'old',
    endpoint: legacy.url,
    region: 'us-east-1',
    access_key_id: ROOT.accessKeyId,
    secret_access_key: ROOT.secretAccessKey,
    ...settings,
  });

  async function put(at: TestGateway, target: string): Promise<number> {
    return (await at.send({ method: 'PUT', target, body: target })).status;
  }

  /** The status of each request that has no body. */
  const statuses = (method: string, ...targets: string[]) =>
    Promise.all(targets.map(async (target) => (await gateway.send({ method, target })).status));

  const ready = async () => (await gateway.send({ target: '/_/health/ready', credentials: null })).status;

  for (const outage of OUTAGES) {
    test(`is ${outage.name} serves what the target has, refuses what it cannot decide, and then all again`, async () => {
      await outage.begin(redis, network);
      try {
        expect(await put(gateway, '/plain/new')).toBe(200);
        expect(await statuses('GET', '/plain/new', '/plain/moved', '/both/moved')).toEqual([200, 200, 200]);
        expect(await put(gateway, '/both/new')).toBe(503);
        expect(await statuses('GET', '/plain/unmoved', '/both/unmoved', '/plain', '/both')).toEqual(
          Array(4).fill(503),
        );
        expect(await statuses('DELETE', '/plain/deleted', '/both/deleted')).toEqual([503, 503]);
        expect(await ready()).toBe(503);
      } finally {
        await outage.end(redis, network);
      }
      await expect.poll(() => put(gateway, '/both/new'), PATIENTLY).toBe(200);
      await expect
        .poll(() => statuses('DELETE', '/plain/deleted', '/both/deleted'), PATIENTLY)
        .toEqual([204, 204]);
      expect(await statuses('GET', '/both/new', '/plain/unmoved', '/both/unmoved', '/both')).toEqual(
        Array(4).fill(200),
      );
      await expect.poll(ready, PATIENTLY).toBe(200);
    });
  }

  test('comes back empty is not ready, says why, and refuses what was deleted and what is not moved', async () => {
    expect(await statuses('DELETE', '/plain/deleted')).toEqual([204]);
    await put(legacy, '/old/deleted');
    const client = new Redis(redis.url);
    await client.flushall();
    client.disconnect();
    network.cut();
    const saysWhy = ({ err }: Record<string, unknown>) =>
      /not the state that was opened/.test(JSON.stringify(err));
    await expect.poll(() => gateway.logged.some(saysWhy), PATIENTLY).toBe(true);
    await expect.poll(ready, PATIENTLY).toBe(503);
    expect(await statuses('GET', '/plain/deleted', '/plain/unmoved', '/plain')).toEqual([503, 503, 503]);
    expect(await statuses('GET', '/plain/moved')).toEqual([200]);
  });
});
