import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../../src/backends/backend.js';
import { createRemoteBackend } from '../../../src/backends/remote/remote.js';
import { atBucket } from '../../../src/filters/at-bucket.js';
import type { S3Service } from '../../../src/s3/message.js';
import { bringOver } from '../../../src/sweep/compare/bring-over.js';
import { judgeDrift } from '../../../src/sweep/compare/drift.js';
import type { Level } from '../../../src/sweep/compare/verified.js';
import { createVerifier } from '../../../src/sweep/compare/verify.js';
import { systemClock } from '../../../src/system/clock.js';
import { type Moving, movingBucket } from '../../shadow/moving.js';
import { Uploading } from '../../shadow/uploading.js';
import { describeWith } from '../../support/describe-with.js';
import { sharedRgw } from '../../support/shared-rgw.js';
import { StoreClient } from '../../support/store-client.js';
import { rowOf } from './rows.js';

const MIB = 1024 * 1024;
const NEVER = new AbortController().signal;
/** What the probe finds out of Ceph RGW 16.2. */
const conditionalWrites = { put: true, complete: false, match: false };

let rgw: Backend;

async function bucketInRgw(): Promise<S3Service> {
  const name = `compare-${randomUUID()}`;
  expect((await new StoreClient(rgw.service, name).ask('PUT', '')).status).toBe(200);
  return atBucket(name)(rgw.service);
}

async function verified(moving: Moving, level: Level) {
  const { target, shadow } = moving.stores;
  const settings = { provenance: true, from: moving.from, writeThrough: false, level, signal: NEVER };
  return createVerifier({ target, shadow, ledger: moving.ledger, ...settings })(await rowOf(moving, 'k'));
}

async function upload(client: StoreClient, sizes: readonly number[]): Promise<void> {
  const uploading = await Uploading.begin(client, 'k');
  for (const [index, size] of sizes.entries()) await uploading.part(index + 1, `${index}`.repeat(size));
  await uploading.complete();
}

describeWith(['radosgw'], 'comparing with Ceph RGW', () => {
  beforeAll(async () => {
    const store = await sharedRgw();
    rgw = createRemoteBackend({ name: 'rgw', forcePathStyle: true, clock: systemClock, ...store });
  });

  afterAll(() => rgw.close());

  describe.each([
    ['another bucket of it', async () => ({ shadow: await bucketInRgw(), target: await bucketInRgw() })],
    ['a store in memory', async () => ({ target: await bucketInRgw() })],
  ])('a copy from %s', (_, openStores) => {
    it('of what was written by one PUT is the same at every level', async () => {
      const moving = await movingBucket({ stores: await openStores(), conditionalWrites });
      await moving.shadow.put('k', 'abc', { 'content-type': 'image/png', 'x-amz-meta-a': '1' });
      await moving.bucket.migrate('k');
      for (const level of ['listing', 'checksum', 'content'] as const)
        expect(await verified(moving, level)).toMatchObject({ result: 'same' });
    });

    it('of what was uploaded in parts is proven by its source’s ETag, where listings prove nothing', async () => {
      const moving = await movingBucket({ stores: await openStores(), conditionalWrites });
      await upload(moving.shadow, [5 * MIB, 5 * MIB, 9]);
      await moving.bucket.migrate('k');
      expect(await verified(moving, 'listing')).toMatchObject({ result: 'unverifiable' });
      expect(await verified(moving, 'checksum')).toMatchObject({ result: 'same' });
      expect(await verified(moving, 'content')).toMatchObject({ result: 'same' });
      expect(await judgeDrift(await rowOf(moving, 'k'), judging(moving))).toMatchObject({ verdict: 'same' });
    });

    it('that has drifted is replaced by its source, once all writes are announced', async () => {
      const stores = await openStores();
      const moving = await movingBucket({ stores, conditionalWrites, rung: 'exclusive' });
      await moving.shadow.put('k', 'copied');
      await moving.bucket.migrate('k');
      await moving.shadow.put('k', 'legacy');
      const drift = await judgeDrift(await rowOf(moving, 'k'), judging(moving));
      expect(drift).toMatchObject({ verdict: 'drifted', by: 'provenance' });
      const { service, replaceCopy } = moving.bucket;
      const replace = (key: string, etag: string) => replaceCopy(key, { etag, service, signal: NEVER });
      const outcome = await bringOver('k', drift, { replace, clock: systemClock, signal: NEVER });
      expect(outcome).toMatchObject({ state: 'replaced', bytes: 6 });
      expect(await moving.target.text('k')).toBe('legacy');
      expect(await verified(moving, 'checksum')).toMatchObject({ result: 'same' });
    });
  });
});

const judging = ({ stores, from }: Moving) => ({
  target: stores.target,
  provenance: true,
  from,
  signal: NEVER,
});
