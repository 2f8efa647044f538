import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../../src/backends/backend.js';
import { createRemoteBackend } from '../../../src/backends/remote/remote.js';
import { atBucket } from '../../../src/filters/at-bucket.js';
import type { HeaderFields, S3Filter, S3Service } from '../../../src/s3/message.js';
import { systemClock } from '../../../src/system/clock.js';
import { describeWith } from '../../support/describe-with.js';
import { sharedRgw } from '../../support/shared-rgw.js';
import { StoreClient } from '../../support/store-client.js';
import { type Moving, type MovingOptions, movingBucket } from '../moving.js';
import { Uploading } from '../uploading.js';
import { LARGE, uploadTo } from './in-parts.js';

const MIB = 1024 * 1024;
/** What the probe finds out of Ceph RGW 16.2. */
const conditionalWrites = { put: true, complete: false, match: false };

let rgw: Backend;

async function bucketInRgw(headers: HeaderFields = {}): Promise<S3Service> {
  const name = `copies-${randomUUID()}`;
  const created = await new StoreClient(rgw.service, name).ask('PUT', '', { headers });
  expect(created.status).toBe(200);
  return atBucket(name)(rgw.service);
}

/** Onto a bucket of RGW, from another one or from memory. */
async function ontoRgw(options: MovingOptions & { from?: S3Service; onto?: HeaderFields } = {}) {
  const { from, onto, ...others } = options;
  const stores = { target: await bucketInRgw(onto), ...(from && { shadow: from }) };
  return movingBucket({ conditionalWrites, ...others, stores });
}

const reasons = ({ losses }: Moving) => Object.fromEntries(losses.map(({ what, reason }) => [what, reason]));

describeWith(['radosgw'], 'copies on Ceph RGW', () => {
  beforeAll(async () => {
    rgw = createRemoteBackend({
      name: 'rgw',
      forcePathStyle: true,
      clock: systemClock,
      ...(await sharedRgw()),
    });
  });

  afterAll(() => rgw.close());

  describe('a copy from one bucket to another', () => {
    it('keeps metadata, tags, grants and the ETag, and tells where it is from', async () => {
      const moving = await ontoRgw({ from: await bucketInRgw(), acl: true });
      const metadata = {
        'content-type': 'image/jpeg',
        'content-encoding': 'gzip',
        'content-language': 'de',
        expires: 'never',
        'x-amz-meta-a': '1',
        'x-amz-website-redirect-location': '/other',
      };
      const more = { 'x-amz-tagging': 'a=b', 'x-amz-acl': 'public-read' };
      await moving.shadow.put('k', 'abc', { ...metadata, ...more });
      const source = (await moving.shadow.ask('HEAD', 'k')).headers;
      expect(await moving.bucket.migrate('k')).toMatchObject({ state: 'copied' });
      expect((await moving.target.ask('HEAD', 'k')).headers).toMatchObject({
        ...metadata,
        etag: source.etag,
        'x-amz-meta-penumbra-source-last-modified': source['last-modified'],
        'x-amz-meta-penumbra-source-etag': source.etag,
      });
      expect((await moving.target.ask('GET', 'k', { query: 'tagging' })).text).toContain('<Value>b</Value>');
      const acl = (await moving.target.ask('GET', 'k', { query: 'acl' })).text;
      expect(acl.match(/<Permission>\w+/g)?.sort()).toEqual(['<Permission>FULL_CONTROL', '<Permission>READ']);
      expect(moving.losses).toEqual([]);
    });

    it('keeps a lock where the bucket has locks', async () => {
      const locked = { 'x-amz-bucket-object-lock-enabled': 'true' };
      const until = '2035-01-01T00:00:00';
      const lock = {
        'x-amz-object-lock-mode': 'GOVERNANCE',
        'x-amz-object-lock-retain-until-date': `${until}Z`,
        'x-amz-object-lock-legal-hold': 'ON',
      };
      const from = await bucketInRgw(locked);
      await new StoreClient(from, 'old').put('k', 'abc', lock);
      const moving = await ontoRgw({ from, onto: locked });
      expect(await moving.bucket.migrate('k')).toMatchObject({ state: 'copied' });
      expect((await moving.target.ask('HEAD', 'k')).headers).toMatchObject({
        ...lock,
        'x-amz-object-lock-retain-until-date': expect.stringContaining(until),
      });
      expect(moving.losses).toEqual([]);

      const unlocked = await ontoRgw({ from });
      expect(await unlocked.bucket.migrate('k')).toMatchObject({ state: 'copied' });
      expect(reasons(unlocked)).toEqual({
        'object-lock': 'the target bucket has no object lock: 404 ObjectLockConfigurationNotFoundError',
      });
    });
  });

  describe('a copy from a store that can do more', () => {
    it('loses its storage class and its checksum, which is told', async () => {
      const moving = await ontoRgw();
      const crc32 = { 'x-amz-checksum-crc32': 'NSRBwg==' };
      await moving.shadow.put('k', 'abc', { 'x-amz-storage-class': 'STANDARD_IA', ...crc32 });
      expect(await moving.client.text('k')).toBe('abc');
      await moving.settled();
      expect(await moving.target.text('k')).toBe('abc');
      expect(reasons(moving)).toEqual({
        'storage-class': 'the target refused it: 400 InvalidArgument',
        checksum: 'the target keeps no checksums',
      });
    });

    it('loses a grant of somebody who is not known there, which is told', async () => {
      const stranger =
        '<AccessControlPolicy><Owner><ID>o</ID></Owner><AccessControlList><Grant><Grantee><ID>stranger</ID></Grantee>' +
        '<Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>';
      const onShadow: S3Filter = (service) => async (request) =>
        request.operation === 'GetObjectAcl'
          ? { status: 200, headers: {}, body: Buffer.from(stranger) }
          : service(request);
      const moving = await ontoRgw({ acl: true, onShadow });
      await moving.shadow.put('k', 'abc');
      expect(await moving.bucket.migrate('k')).toMatchObject({ state: 'copied' });
      expect(reasons(moving)).toEqual({ acl: 'the target refused it: 404 NoSuchKey' });
    });

    it('is one PUT of what was uploaded in parts, which is told', async () => {
      const moving = await ontoRgw();
      const uploading = await Uploading.begin(moving.shadow, 'k');
      for (const [index, body] of ['a'.repeat(5 * MIB), 'b'].entries()) await uploading.part(index + 1, body);
      await uploading.complete();
      expect(await moving.bucket.migrate('k')).toMatchObject({ state: 'copied' });
      expect(await moving.target.text('k')).toHaveLength(5 * MIB + 1);
      expect(reasons(moving)).toEqual({ etag: expect.stringContaining('If-None-Match') });
    });
  });

  describe('a copy from Ceph RGW, which tells nothing of parts', () => {
    it('has the parts of its source, and so its ETag', async () => {
      const moving = await movingBucket({ stores: { shadow: await bucketInRgw() } });
      const uploading = await Uploading.begin(moving.shadow, 'k');
      for (const [index, body] of ['a'.repeat(8 * MIB), 'b'].entries()) await uploading.part(index + 1, body);
      await uploading.complete();
      const { etag } = (await moving.shadow.ask('HEAD', 'k')).headers;
      expect(etag).toMatch(/-2"$/);
      expect(await moving.bucket.migrate('k')).toMatchObject({ state: 'copied' });
      expect((await moving.target.ask('HEAD', 'k')).headers.etag).toBe(etag);
      expect(moving.losses).toEqual([]);
    });

    it('is read in ranges where others had its parts', async () => {
      const moving = await movingBucket({ stores: { shadow: await bucketInRgw() } });
      const parts = ['a'.repeat(8 * MIB), 'b'.repeat(8 * MIB), 'c'];
      await uploadTo(moving, 'j', parts);
      const etag = await uploadTo(moving, 'k', parts);
      for (const key of ['j', 'k'])
        expect(await moving.bucket.migrate(key, { listed: LARGE })).toMatchObject({ state: 'copied' });
      const ranges = moving.asked.shadow.map(({ headers }) => headers.range).filter(Boolean);
      expect(ranges).toHaveLength(parts.length);
      expect((await moving.target.ask('HEAD', 'k')).headers.etag).toBe(etag);
      expect(await moving.target.text('k')).toBe(parts.join(''));
    });
  });
});
