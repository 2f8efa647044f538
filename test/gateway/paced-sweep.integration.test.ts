import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.js';
import { StoreClient } from '../support/store-client.js';
import { ROOT, startTestGateway, type TestGateway } from './harness.js';

const KEYS = Array.from({ length: 120 }, (_, index) => `k${String(index).padStart(3, '0')}`);

let legacy: TestGateway;
let proxy: FaultProxy;
let gateway: TestGateway;

beforeAll(async () => {
  [legacy, gateway] = await Promise.all([startTestGateway(), startTestGateway()]);
  proxy = await startFaultProxy(legacy.url);
  await legacy.createBucket('old');
  const store = new StoreClient(legacy.main.service, 'old');
  for (const key of KEYS) await store.put(key, `content of ${key}`);
});

afterAll(async () => {
  await gateway.close();
  await proxy.close();
  await legacy.close();
});

test('a sweep brings over all that a shadow has that often says that it is too much', async () => {
  await gateway.createBucket('photos', {
    shadow: {
      name: 'old',
      endpoint: proxy.endpoint,
      region: 'us-east-1',
      access_key_id: ROOT.accessKeyId,
      secret_access_key: ROOT.secretAccessKey,
    },
  });
  const refused = new Set<string>();
  proxy.disturb(({ method, target }) => {
    const isRefused = method === 'GET' && /\/k\d\d[05]$/.test(target) && !refused.has(target);
    if (isRefused) refused.add(target);
    return isRefused ? 503 : undefined;
  });
  await gateway.admin('POST', '/buckets/photos/sweep');
  await expect
    .poll(() => gateway.admin('GET', '/buckets/photos/sweep'), { timeout: 50_000, interval: 500 })
    .toMatchObject({ state: 'done', objects_copied: KEYS.length, failed: 0 });
  expect(refused.size).toBe(KEYS.length / 5);
  for (const key of KEYS) expect(proxy.count('GET', `/old/${key}`)).toBe(refused.has(`/old/${key}`) ? 2 : 1);
  const target = new StoreClient(gateway.main.service, 'photos');
  for (const key of KEYS) expect(await target.text(key)).toBe(`content of ${key}`);
});
