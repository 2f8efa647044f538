import { randomBytes } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import type { S3Service } from '../../src/s3/message.js';
import { GatewayLeases } from '../../src/state/gateway-leases.js';
import { openRedisKv } from '../../src/state/redis-kv.js';
import { systemClock } from '../../src/system/clock.js';
import { TIMES } from '../../src/system/times.js';
import { describeWith } from '../support/describe-with.js';
import { startRedis } from '../support/redis.js';
import { ROOT, startTestGateway, type TestGatewayOptions } from './harness.js';

async function start(options?: TestGatewayOptions) {
  const gateway = await startTestGateway(options);
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= gateway.close();
    return closed;
  };
  onTestFinished(close);
  return { ...gateway, close };
}

/** A store in which writes wait until the test lets them go on. */
function heldWrites() {
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let isBegun = false;
  const filter =
    (service: S3Service): S3Service =>
    async (request) => {
      if (request.key === 'held') {
        isBegun = true;
        await released;
      }
      return service(request);
    };
  return { filter, release, isBegun: () => isBegun };
}

describeWith(['redis-server'], 'a gateway that cannot listen', () => {
  test('is not waited for by the others', async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.close());
    const config = { redis: redis.url, masterKey: randomBytes(32).toString('base64') };
    const { port } = await start({ config });
    await expect(startTestGateway({ config: { ...config, port } })).rejects.toThrow('EADDRINUSE');
    const kv = await openRedisKv({ url: redis.url, clock: systemClock });
    onTestFinished(() => kv.close());
    expect(await new GatewayLeases(kv, TIMES).live()).toHaveLength(1);
  });
});

test('a gateway that is to end answers who waits for a switch, which goes on by itself', async () => {
  const legacy = await start();
  await legacy.createBucket('old');
  const { filter, release, isBegun } = heldWrites();
  const gateway = await start({ filter });
  await gateway.createBucket('photos');
  const put = gateway.send({ method: 'PUT', target: '/photos/held', body: 'x' });
  await expect.poll(isBegun).toBe(true);
  const { accessKeyId: access_key_id, secretAccessKey: secret_access_key } = ROOT;
  const shadow = { name: 'old', endpoint: legacy.url, region: 'us-east-1', access_key_id, secret_access_key };
  const changed = gateway.admin('PATCH', '/buckets/photos', { shadow, wait_seconds: 240 });
  const aim = async () => (await gateway.admin('GET', '/buckets/photos')).shadow;
  await expect.poll(aim).toMatchObject({ rung: 'target-only' });
  const closed = gateway.close();
  expect((await changed).shadow).toMatchObject({ rung: 'target-only', aim: 'read-through' });
  release();
  expect((await put).status).toBe(200);
  await closed;
});
