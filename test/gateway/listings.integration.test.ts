import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandInput,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRemoteBackend } from '../../src/backends/remote/remote.js';
import { systemClock } from '../../src/system/clock.js';
import { BucketClient } from '../support/bucket-client.js';
import { describeWith } from '../support/describe-with.js';
import type { Rgw } from '../support/rgw.js';
import { sharedRgw } from '../support/shared-rgw.js';
import { ROOT, startTestGateway, type TestGateway } from './harness.js';

async function sweepAndClear(gateway: TestGateway, bucket: string): Promise<void> {
  await gateway.admin('POST', `/buckets/${bucket}/sweep`, {});
  await expect
    .poll(() => gateway.admin('GET', `/buckets/${bucket}/sweep`), { timeout: 30_000 })
    .toMatchObject({ state: 'done' });
  await gateway.admin('PATCH', `/buckets/${bucket}`, { shadow: null });
}

interface NextPage {
  readonly names: (string | undefined)[];
  readonly next: string | undefined;
}

async function nextOfV2(sdk: S3Client, Bucket: string, token: string | undefined): Promise<NextPage> {
  const page = await sdk.send(
    new ListObjectsV2Command({ Bucket, MaxKeys: 2, Delimiter: '/', ContinuationToken: token }),
  );
  return { names: namesOf(page), next: page.NextContinuationToken };
}

async function nextOfV1(sdk: S3Client, Bucket: string, marker: string | undefined): Promise<NextPage> {
  const page = await sdk.send(new ListObjectsCommand({ Bucket, MaxKeys: 2, Delimiter: '/', Marker: marker }));
  return { names: namesOf(page), next: page.NextMarker };
}

const namesOf = ({
  Contents = [],
  CommonPrefixes = [],
}: Pick<ListObjectsV2CommandOutput, 'Contents' | 'CommonPrefixes'>) =>
  [...Contents.map(({ Key }) => Key), ...CommonPrefixes.map(({ Prefix }) => Prefix)].sort();

const LISTINGS = [
  ['ListObjects', nextOfV1],
  ['ListObjectsV2', nextOfV2],
] as const;

/** Pages of a bucket of which the shadow is set after the first one and cleared after the second. */
async function pagesWhileSwitching(
  { gateway, old, Bucket }: { gateway: TestGateway; old: BucketClient; Bucket: string },
  next: typeof nextOfV2,
): Promise<NextPage[]> {
  await gateway.createBucket(Bucket);
  const sdk = gateway.sdk();
  for (const Key of ['a', 'b/1', 'b/2', 'd', 'f/1', 'h'])
    await sdk.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
  for (const key of ['b/3', 'c', 'e/1', 'g']) await old.put(key, 'x');
  const first = await next(sdk, Bucket, undefined);
  await gateway.admin('PATCH', `/buckets/${Bucket}`, { shadow: shadowOf(old) });
  const second = await next(sdk, Bucket, first.next);
  await sweepAndClear(gateway, Bucket);
  const third = await next(sdk, Bucket, second.next);
  return [first, second, third, await next(sdk, Bucket, third.next)];
}

const shadowOf = ({ name, account }: BucketClient) => {
  const { endpoint, region, accessKeyId: access_key_id, secretAccessKey: secret_access_key } = account;
  return { name, endpoint, region, access_key_id, secret_access_key };
};

const FOUR_PAGES = [
  { names: ['a', 'b/'] },
  { names: ['c', 'd'] },
  { names: ['e/', 'f/'] },
  { names: ['g', 'h'], next: undefined },
];

describe('a listing that a client is in the middle of', () => {
  let legacy: TestGateway;
  let gateway: TestGateway;

  beforeAll(async () => {
    [legacy, gateway] = await Promise.all([startTestGateway(), startTestGateway()]);
  });

  afterAll(async () => {
    await gateway.close();
    await legacy.close();
  });

  test.each(LISTINGS)('goes on when the shadow is set, and when it is cleared: %s', async (name, next) => {
    const Bucket = name.toLowerCase();
    const account = { endpoint: legacy.url, region: 'us-east-1', ...ROOT };
    const old = await new BucketClient(account, `old-${Bucket}`).create();
    expect(await pagesWhileSwitching({ gateway, old, Bucket }, next)).toMatchObject(FOUR_PAGES);
  });
});

describeWith(['radosgw'], 'a bucket that moves to Ceph RGW', () => {
  let rgw: Rgw;
  let gateway: TestGateway;
  let close: () => Promise<void>;

  beforeAll(async () => {
    rgw = await sharedRgw();
    const remote = createRemoteBackend({ name: 'rgw', forcePathStyle: true, clock: systemClock, ...rgw });
    gateway = await startTestGateway({ filter: () => remote.service });
    close = () => remote.close();
  });

  afterAll(async () => {
    await gateway.close();
    await close();
  });

  async function movingBucket(Bucket: string, versioning: boolean): Promise<BucketClient> {
    const old = await new BucketClient(rgw, `old-${Bucket}`).create();
    for (const key of ['a', 'b', 'c/1', 'c/2', 'd', 'e', 'f/1', 'g']) await old.put(key, `S ${key}`);
    await gateway.createBucket(Bucket, { shadow: shadowOf(old) });
    const sdk = gateway.sdk();
    if (versioning) {
      const VersioningConfiguration = { Status: 'Enabled' } as const;
      await sdk.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
    }
    for (const Key of ['b', 'b', 'b', 'c/2', 'ca'])
      await sdk.send(new PutObjectCommand({ Bucket, Key, Body: `T ${Key}` }));
    for (const Key of ['d', 'f/1', 'ca']) await sdk.send(new DeleteObjectCommand({ Bucket, Key }));
    return old;
  }

  async function walk(settings: ListObjectVersionsCommandInput) {
    const versions: [key: string, id: string][] = [];
    const prefixes: string[] = [];
    let KeyMarker: string | undefined;
    let VersionIdMarker: string | undefined;
    for (;;) {
      const page = await gateway
        .sdk()
        .send(new ListObjectVersionsCommand({ ...settings, KeyMarker, VersionIdMarker }));
      const { Versions = [], DeleteMarkers = [], CommonPrefixes = [] } = page;
      const lines = [...Versions, ...DeleteMarkers];
      versions.push(...lines.map(({ Key = '', VersionId = '' }): [string, string] => [Key, VersionId]));
      prefixes.push(...CommonPrefixes.map(({ Prefix = '' }) => Prefix));
      if (!page.IsTruncated) return { versions, prefixes };
      expect(lines.length + CommonPrefixes.length).toBe(settings.MaxKeys);
      ({ NextKeyMarker: KeyMarker, NextVersionIdMarker: VersionIdMarker } = page);
    }
  }

  const countsOf = (versions: readonly (readonly [string, string])[]): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const [key] of versions) counts[key] = (counts[key] ?? 0) + 1;
    return counts;
  };

  test.each(LISTINGS)(
    'is listed on when the shadow is set, and when it is cleared: %s',
    async (name, next) => {
      const Bucket = `${name.toLowerCase()}-switching`;
      const old = await new BucketClient(rgw, `old-${Bucket}`).create();
      expect(await pagesWhileSwitching({ gateway, old, Bucket }, next)).toMatchObject(FOUR_PAGES);
    },
  );

  test('shows the versions of both, and each is there to be read, when the target counts versions', async () => {
    const Bucket = 'counting-versions';
    await movingBucket(Bucket, true);
    const whole = await walk({ Bucket, MaxKeys: 1_000 });
    expect(countsOf(whole.versions)).toEqual({ a: 1, b: 3, 'c/1': 1, 'c/2': 1, ca: 2, e: 1, g: 1 });
    for (const MaxKeys of [1, 2, 3, 5]) {
      const paged = await walk({ Bucket, MaxKeys });
      expect(new Set(paged.versions.map(String))).toEqual(new Set(whole.versions.map(String)));
      expect(paged.versions).toHaveLength(whole.versions.length);
      const rolled = await walk({ Bucket, MaxKeys, Delimiter: '/' });
      expect(countsOf(rolled.versions)).toEqual({ a: 1, b: 3, ca: 2, e: 1, g: 1 });
      expect(rolled.prefixes).toEqual(['c/']);
    }
    const { Versions = [], DeleteMarkers = [] } = await gateway
      .sdk()
      .send(new ListObjectVersionsCommand({ Bucket }));
    expect(DeleteMarkers).toMatchObject([{ Key: 'ca', IsLatest: true }]);
    for (const { Key = '', VersionId, Size, ETag, IsLatest } of Versions) {
      const named = { Bucket, Key, VersionId };
      const { Body, ContentLength } = await gateway.sdk().send(new GetObjectCommand(named));
      expect(await Body?.transformToString()).toBe(`${VersionId === 'null' ? 'S' : 'T'} ${Key}`);
      expect(ContentLength).toBe(Size);
      expect((await gateway.sdk().send(new HeadObjectCommand(named))).ETag).toBe(ETag);
      if (VersionId === 'null') expect(IsLatest).toBe(true);
    }
  });

  test('shows each object as the version null, to be read and copied, when the target counts none', async () => {
    const Bucket = 'counting-no-versions';
    await movingBucket(Bucket, false);
    const expected = ['a', 'b', 'c/1', 'c/2', 'e', 'g'];
    for (const MaxKeys of [1, 2, 1_000]) {
      const { versions } = await walk({ Bucket, MaxKeys });
      expect(versions).toEqual(expected.map((key) => [key, 'null']));
      const rolled = await walk({ Bucket, MaxKeys, Delimiter: '/' });
      expect(rolled.versions.map(([key]) => key)).toEqual(['a', 'b', 'e', 'g']);
      expect(rolled.prefixes).toEqual(['c/']);
    }
    for (const Key of expected) {
      const got = await gateway.sdk().send(new GetObjectCommand({ Bucket, Key, VersionId: 'null' }));
      expect(await got.Body?.transformToString()).toMatch(new RegExp(`^[ST] ${Key}$`));
    }
    const CopySource = `${Bucket}/e?versionId=null`;
    await gateway.sdk().send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource }));
    const copy = await gateway.sdk().send(new GetObjectCommand({ Bucket, Key: 'copy' }));
    expect(await copy.Body?.transformToString()).toBe('S e');
  });

  test('does not lose a version of a key that comes over while its versions are listed', async () => {
    const Bucket = 'coming-over';
    await movingBucket(Bucket, true);
    const list = (KeyMarker?: string, VersionIdMarker?: string) =>
      gateway.sdk().send(new ListObjectVersionsCommand({ Bucket, MaxKeys: 1, KeyMarker, VersionIdMarker }));
    const first = await list();
    expect(first.Versions).toMatchObject([{ Key: 'a', VersionId: 'null' }]);
    const got = await gateway.sdk().send(new GetObjectCommand({ Bucket, Key: 'a' }));
    await got.Body?.transformToString();
    await expect
      .poll(async () => (await gateway.send({ target: `/${Bucket}/a` })).headers['x-penumbra-source'])
      .toBe('target');
    const second = await list(first.NextKeyMarker, first.NextVersionIdMarker);
    expect(second.Versions).toMatchObject([{ Key: 'b', IsLatest: true }]);
  });
});
