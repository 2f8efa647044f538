import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { NewBucket } from '../../src/gateway/admin/dependencies.js';
import { createBucketLifecycle, type KeylessLifecycle } from '../../src/gateway/bucket-lifecycle.js';
import { createStores } from '../../src/gateway/stores.js';
import type { S3Request, S3Response } from '../../src/s3/message.js';
import { type AccessKeyStore, createAccessKeyStore } from '../../src/state/access-keys.js';
import { type BucketStore, createBucketStore } from '../../src/state/buckets.js';
import { CopyCounts } from '../../src/state/copy-counts.js';
import { CopyLosses } from '../../src/state/copy-losses.js';
import { JobStore } from '../../src/state/jobs/job-store.js';
import type { Kv } from '../../src/state/kv.js';
import { openLmdbKv } from '../../src/state/lmdb-kv.js';
import { createSealer } from '../../src/state/sealing.js';
import { systemClock } from '../../src/system/clock.js';
import { createLogger } from '../../src/system/logger.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { declaredBackends } from './declared-backends.js';

const SHADOW = {
  place: {
    bucket: 'old',
    endpoint: 'http://legacy.example',
    region: 'us-east-1',
    accessKeyId: 'a',
    secretAccessKey: 's',
  },
  writeThrough: false,
  rung: 'read-through',
  aim: 'read-through',
  confirmed: true,
  delete: 'both',
  prefix: '',
  targetPrefix: '',
  since: '2026-01-01T00:00:00.000Z',
} as const;

const NEW: NewBucket = { name: 'photos', org: null, public: false };

let kv: Kv;
let buckets: BucketStore;
let accessKeys: AccessKeyStore;
let lifecycle: KeylessLifecycle;
/** The buckets that the backend has; whether they hold objects. */
let stored: Map<string, 'empty' | 'full'>;
let probe: () => Promise<{ put: boolean; complete: boolean; match: boolean }>;
let asked: S3Request[];

beforeEach(async () => {
  stored = new Map();
  asked = [];
  probe = () => Promise.resolve({ put: true, complete: false, match: true });
  kv = await openLmdbKv({ path: await temporaryFolder(), clock: systemClock });
  const sealer = createSealer(randomBytes(32));
  buckets = createBucketStore(kv, sealer);
  accessKeys = createAccessKeyStore(kv, sealer, systemClock);
  const backend = (name: string) => ({
    name,
    type: 'memory' as const,
    service: answer,
    close: () => Promise.resolve(),
  });
  const backends = declaredBackends(
    { backend: backend('disk') },
    { backend: backend('cloud'), region: 'eu-central-1' },
  );
  lifecycle = createBucketLifecycle({
    buckets,
    accessKeys,
    jobRecords: new JobStore(kv, sealer),
    losses: new CopyLosses(kv),
    copiedByReads: new CopyCounts(kv),
    backends,
    stores: createStores({ backends, clock: systemClock }),
    defaultBackend: 'disk',
    probeConditionalWrites: () => probe(),
    probeTrailingChecksums: async () => true,
    clock: systemClock,
    log: createLogger({ level: 'silent' }),
  });
});

afterEach(() => kv.close());

async function answer(request: S3Request): Promise<S3Response> {
  const { operation, bucket } = request;
  asked.push(request);
  if (operation === 'HeadBucket') return { status: stored.has(bucket) ? 200 : 404, headers: {} };
  if (operation === 'CreateBucket') stored.set(bucket, 'empty');
  if (operation === 'CreateBucket') return { status: 200, headers: {} };
  if (stored.get(bucket) === 'full') return refusal(409, 'BucketNotEmpty');
  return { status: stored.delete(bucket) ? 204 : 404, headers: {} };
}

function refusal(status: number, code: string): S3Response {
  return {
    status,
    headers: {},
    body: Buffer.from(`<Error><Code>${code}</Code><Message>no</Message></Error>`),
  };
}

describe('creating', () => {
  test('makes the record, the bucket in the default backend and a key that may do all in it', async () => {
    const { record, accessKey } = await lifecycle.createBucket(NEW);
    expect(record).toMatchObject({
      name: 'photos',
      target: { backend: 'disk', bucket: 'photos' },
      shadow: null,
    });
    expect(accessKey).toMatchObject({ bucket: 'photos', role: 'admin' });
    expect(await buckets.get('photos')).toEqual(record);
    expect(stored.has('photos')).toBe(true);
  });

  test('takes over a bucket that the backend has already', async () => {
    stored.set('old-photos', 'full');
    await lifecycle.createBucket({ ...NEW, targetBucket: 'old-photos' });
    expect(asked.map(({ operation }) => operation)).toEqual(['HeadBucket']);
  });

  test('tells a remote backend in which region, unless that goes without saying', async () => {
    await lifecycle.createBucket({ ...NEW, backend: 'cloud' });
    const body = asked.find(({ operation }) => operation === 'CreateBucket')?.body;
    expect(String(body)).toContain('<LocationConstraint>eu-central-1</LocationConstraint>');
  });

  test('makes the target with object lock when that is asked for, and takes over none that may be without', async () => {
    await lifecycle.createBucket({ ...NEW, objectLock: true });
    const creation = asked.find(({ operation }) => operation === 'CreateBucket');
    expect(creation?.headers).toMatchObject({ 'x-amz-bucket-object-lock-enabled': 'true' });
    stored.set('old-photos', 'full');
    const second = { ...NEW, name: 'pictures', targetBucket: 'old-photos', objectLock: true };
    await expect(lifecycle.createBucket(second)).rejects.toMatchObject({ code: 'InvalidBucketState' });
    expect(await buckets.get('pictures')).toBeUndefined();
  });

  test('finds out what the target does with conditional writes when there is a shadow', async () => {
    const { record } = await lifecycle.createBucket({ ...NEW, shadow: SHADOW });
    expect(record.conditionalWrites).toEqual({ put: true, complete: false, match: true });
  });

  test.each([
    [{ ...NEW, name: 'Photos' }, 'InvalidBucketName', 'not valid'],
    [{ ...NEW, backend: 'tape' }, 'InvalidArgument', 'There is no backend "tape"; there are: disk, cloud.'],
  ])('%o is refused before anything is made', async (bucket, code, message) => {
    await expect(lifecycle.createBucket(bucket)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
    expect(stored.size).toBe(0);
  });

  test('a name that is taken is refused, and so is a target that another bucket has', async () => {
    await lifecycle.createBucket(NEW);
    await expect(lifecycle.createBucket(NEW)).rejects.toMatchObject({ code: 'BucketAlreadyOwnedByYou' });
    const second = lifecycle.createBucket({ ...NEW, name: 'pictures', targetBucket: 'photos' });
    await expect(second).rejects.toThrow(
      'Bucket "photos" of backend "disk" is the target of bucket "photos" already.',
    );
  });

  test('leaves nothing behind when it fails half-way', async () => {
    probe = () => Promise.reject(new Error('the target refuses writes'));
    const failed = lifecycle.createBucket({ ...NEW, shadow: SHADOW });
    await expect(failed).rejects.toThrow('the target refuses writes');
    expect(stored.size).toBe(0);
    expect(await buckets.get('photos')).toBeUndefined();
  });

  test('does not remove a bucket that was there before when it fails', async () => {
    stored.set('photos', 'full');
    probe = () => Promise.reject(new Error('no'));
    await expect(lifecycle.createBucket({ ...NEW, shadow: SHADOW })).rejects.toThrow('no');
    expect(stored.has('photos')).toBe(true);
  });
});

describe('destroying', () => {
  test('removes the bucket, its record and its keys', async () => {
    const { accessKey } = await lifecycle.createBucket(NEW);
    await lifecycle.destroyBucket('photos');
    expect(stored.size).toBe(0);
    expect(await buckets.get('photos')).toBeUndefined();
    expect(await accessKeys.get(accessKey.accessKeyId)).toBeUndefined();
  });

  test('keeps everything when the backend will not let the bucket go', async () => {
    const { accessKey } = await lifecycle.createBucket(NEW);
    stored.set('photos', 'full');
    await expect(lifecycle.destroyBucket('photos')).rejects.toMatchObject({
      code: 'BucketNotEmpty',
      status: 409,
    });
    expect(await buckets.get('photos')).toBeDefined();
    expect(await accessKeys.get(accessKey.accessKeyId)).toBeDefined();
  });

  test('is refused while there is a shadow', async () => {
    await lifecycle.createBucket({ ...NEW, shadow: SHADOW });
    await expect(lifecycle.destroyBucket('photos')).rejects.toMatchObject({
      status: 409,
      message: 'Bucket "photos" still has a shadow; clear the shadow first.',
    });
  });

  test('is refused until what is known of the keys of a shadow is forgotten', async () => {
    await lifecycle.createBucket(NEW);
    await buckets.update('photos', (record) => ({ ...record, forgetting: true }));
    await expect(lifecycle.destroyBucket('photos')).rejects.toMatchObject({
      status: 409,
      message: 'The shadow of bucket "photos" is still being cleared.',
    });
    expect(stored.has('photos')).toBe(true);
  });

  test('can be finished when the bucket in the backend is gone already', async () => {
    await lifecycle.createBucket(NEW);
    stored.clear();
    await lifecycle.destroyBucket('photos');
    expect(await buckets.get('photos')).toBeUndefined();
  });
});
