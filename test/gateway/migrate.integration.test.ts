import { PutObjectCommand } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import type { JobJson } from '../../src/gateway/admin/job-schemas.js';
import type { PreflightJson } from '../../src/gateway/admin/preflight-schemas.js';
import type { OperationName } from '../../src/s3/operations.js';
import { startTestGateway, type TestGateway } from './harness.js';

const OBJECTS = 20;

/** What the backend `main` was asked, by operation. */
type Counts = Partial<Record<OperationName, number>>;

async function gatewayCounting() {
  const counts: Counts = {};
  const gateway = await startTestGateway({
    filter: (service) => async (request) => {
      counts[request.operation] = (counts[request.operation] ?? 0) + 1;
      return service(request);
    },
  });
  return { gateway, counts };
}

async function finishedJob(gateway: TestGateway): Promise<JobJson> {
  const look = () => gateway.admin('GET', '/jobs/1') as unknown as Promise<JobJson>;
  await expect.poll(async () => (await look()).finished_at, { timeout: 30_000 }).not.toBeNull();
  return look();
}

/** How the requests that a move was thought to take compare with those that it took. */
async function move(from: string, to: string) {
  const { gateway, counts } = await gatewayCounting();
  try {
    await gateway.createBucket('photos', { backend: from });
    for (let index = 0; index < OBJECTS; index += 1)
      await gateway
        .sdk()
        .send(new PutObjectCommand({ Bucket: 'photos', Key: `k${index}`, Body: `object ${index}` }));
    const wish = { target_backend: to, delete_source: true };
    const found = await gateway.admin('POST', '/buckets/photos/migrate?dry_run=true', wish);
    const before = { ...counts };
    await gateway.admin('POST', '/buckets/photos/migrate', wish);
    const job = await finishedJob(gateway);
    const made = (operation: OperationName) => (counts[operation] ?? 0) - (before[operation] ?? 0);
    return { job, found: found as unknown as PreflightJson, made };
  } finally {
    await gateway.close();
  }
}

test('a move asks the old store about as often as was told before', async () => {
  const { job, found, made } = await move('main', 'other');
  expect(job).toMatchObject({
    status: 'succeeded',
    detail: { removed: { deleted: OBJECTS, left: 0 } },
  });
  const { source } = found.requests;
  expect([made('GetObject'), made('HeadObject'), made('DeleteObjects')]).toEqual([
    source.get,
    source.head,
    source.delete,
  ]);
  expect(Math.abs(made('ListObjectsV2') - source.list)).toBeLessThan(3);
});

test('a move asks the new store about as often as was told before', async () => {
  const { found, made } = await move('other', 'main');
  const { target } = found.requests;
  expect([made('GetObject'), made('HeadObject')]).toEqual([target.get, target.head]);
  // Beside the copies it is tried what the store does.
  expect(made('PutObject') - target.put).toBeLessThan(10);
  expect(Math.abs(made('ListObjectsV2') - target.list)).toBeLessThan(3);
});
