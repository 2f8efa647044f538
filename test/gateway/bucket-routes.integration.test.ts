import { afterEach, beforeEach, expect, test } from 'vitest';
import { openRoute } from '../../src/gateway/bucket-route.js';
import { type BucketRoutes, createBucketRoutes } from '../../src/gateway/bucket-routes.js';
import { createConnections } from '../../src/gateway/connections.js';
import { Meters } from '../../src/gateway/metrics/meters.js';
import { createStores } from '../../src/gateway/stores.js';
import type { S3Request, S3Response } from '../../src/s3/message.js';
import type { BucketRecord } from '../../src/state/buckets.js';
import { CopyCounts } from '../../src/state/copy-counts.js';
import { CopyLosses } from '../../src/state/copy-losses.js';
import { openLmdbKv } from '../../src/state/lmdb-kv.js';
import type { RegistryChange } from '../../src/state/registry.js';
import { createSealer } from '../../src/state/sealing.js';
import { systemClock, systemStopwatch } from '../../src/system/clock.js';
import { createLogger } from '../../src/system/logger.js';
import { TIMES } from '../../src/system/times.js';
import { storesOn } from '../state/records.js';
import { type ServedService, serve } from '../support/serve.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { declaredBackends } from './declared-backends.js';

let shadow: ServedService;
/** What the shadow was asked. */
let seen: { key: string; markedAs: string | undefined; signed: string | undefined }[];
let routes: BucketRoutes;
let records: Map<string, BucketRecord>;
let changed: (change: RegistryChange) => void;
let release: () => void;
let asked: Promise<void>;
let closeState: () => Promise<void>;

const NEVER = new AbortController().signal;

function record(shadowEndpoint?: string): BucketRecord {
  const shadow = {
    place: {
      bucket: 'old',
      endpoint: shadowEndpoint ?? '',
      region: 'us-east-1',
      accessKeyId: 'a',
      secretAccessKey: 's',
    },
    writeThrough: false,
    rung: 'read-through' as const,
    aim: 'read-through' as const,
    confirmed: true,
    delete: 'both' as const,
    prefix: '',
    targetPrefix: '',
    since: '2026-01-01T00:00:00.000Z',
  };
  return {
    name: 'photos',
    id: 'b1',
    org: null,
    target: { backend: 'main', bucket: 'photos' },
    public: false,
    createdAt: '2026-01-01T00:00:00.000Z',
    shadow: shadowEndpoint === undefined ? null : shadow,
    epoch: 0,
    forgetting: false,
    conditionalWrites: { put: true, complete: true, match: true },
  };
}

function head(key: string): S3Request {
  return {
    operation: 'HeadObject',
    method: 'HEAD',
    bucket: 'photos',
    key,
    query: [],
    headers: {},
    signal: NEVER,
  };
}

/** The target has no objects. */
async function target({ operation }: S3Request): Promise<S3Response> {
  return { status: operation === 'HeadBucket' ? 200 : 404, headers: {} };
}

beforeEach(async () => {
  let saw: () => void = () => undefined;
  asked = new Promise((resolve) => {
    saw = resolve;
  });
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  seen = [];
  shadow = await serve(async ({ bucket, key, headers }) => {
    seen.push({ key, markedAs: headers['x-penumbra-shadow-of'], signed: headers.authorization });
    if (key === 'cut' || (key === 'stumble' && seen.length === 1)) throw new Error('the connection is cut');
    if (key === 'slow') {
      saw();
      await released;
    }
    return { status: 200, headers: { etag: '"e"', 'content-length': '1', 'x-amz-meta-bucket': bucket } };
  });
  records = new Map([['photos', record(shadow.endpoint)]]);
  const registry = {
    bucket: (name: string) => records.get(name),
    buckets: () => [...records.values()],
    lookUpBucket: async () => undefined,
    onChange(listener: (change: RegistryChange) => void) {
      changed = listener;
      return () => undefined;
    },
  };
  const kv = await openLmdbKv({ path: await temporaryFolder(), clock: systemClock });
  const main = { name: 'main', type: 'memory' as const, service: target, close: () => Promise.resolve() };
  const log = createLogger({ level: 'silent' });
  const stores = createStores({
    backends: declaredBackends({ backend: main }),
    clock: systemClock,
    times: TIMES,
  });
  const meters = new Meters(systemStopwatch);
  const connections = createConnections({ stores, meters, clock: systemClock, log });
  const sealer = createSealer(Buffer.alloc(32));
  const { buckets } = storesOn(kv);
  const losses = new CopyLosses(kv);
  const parts = {
    gateway: 'gateway-1',
    meters,
    kv,
    buckets,
    losses,
    copiedByReads: new CopyCounts(kv),
    sealer,
    connections,
    clock: systemClock,
    log,
    times: TIMES,
  };
  const lease = {
    tenure: { signal: NEVER, isOver: () => false },
    onTenure: () => undefined,
    tell: () => undefined,
  };
  routes = createBucketRoutes({ registry, lease, open: (now, tenure) => openRoute(now, tenure, parts), log });
  closeState = () => kv.close();
});

afterEach(async () => {
  await routes.close(AbortSignal.abort());
  await closeState();
  await shadow.close();
});

test('a bucket with a shadow is read through, under the name that the shadow has for it', async () => {
  const route = await routes.find('photos');
  expect(await route?.service(head('a'))).toMatchObject({
    status: 200,
    headers: { 'x-penumbra-source': 'shadow', 'x-amz-meta-bucket': 'old' },
  });
});

test('a shadow is told whose it is, under the signature', async () => {
  const route = await routes.find('photos');
  await route?.service(head('a'));
  expect(seen).toEqual([
    { key: 'a', markedAs: 'b1', signed: expect.stringMatching(/SignedHeaders=[^,]*;x-penumbra-shadow-of/) },
  ]);
});

test('a read that the shadow breaks off is tried once more', async () => {
  const route = await routes.find('photos');
  expect((await route?.service(head('stumble')))?.status).toBe(200);
  expect(seen.map(({ key }) => key)).toEqual(['stumble', 'stumble']);
});

test('a shadow that does not answer is soon asked no more, and its clients are told to come back', async () => {
  const route = await routes.find('photos');
  for (let i = 0; i < 10; i += 1) {
    await expect(route?.service(head('cut'))).rejects.toMatchObject({
      status: 503,
      headers: { 'retry-after': '1' },
    });
  }
  expect(seen).toHaveLength(5);
});

test('a changed record takes effect at once, and requests that were there before end as they began', async () => {
  const before = await routes.find('photos');
  const slow = before?.service(head('slow'));
  await asked;
  records.set('photos', record());
  changed({ kind: 'bucket', name: 'photos' });
  expect((await (await routes.find('photos'))?.service(head('a')))?.status).toBe(404);
  release();
  expect((await slow)?.status).toBe(200);
});

test('a delete that the shadow did not answer may apply after the route is left', async () => {
  const route = await routes.find('photos');
  const answer = await route?.service({ ...head('cut'), operation: 'DeleteObject', method: 'DELETE' });
  expect(answer?.status).toBe(204);
  records.set('photos', record());
  const left = route?.retire(NEVER);
  await left?.closed;
  expect(seen.map(({ key }) => key)).toContain('cut');
  expect(left?.mayApply()).toBe(true);
});

test('a bucket keeps its route as long as its record stays', async () => {
  expect(await routes.find('photos')).toBe(await routes.find('photos'));
});

test('a bucket that is gone has no route, and a closed gateway has none at all', async () => {
  records.clear();
  changed({ kind: 'bucket', name: 'photos' });
  expect(await routes.find('photos')).toBeUndefined();
  await routes.close(NEVER);
  await expect(routes.find('photos')).rejects.toMatchObject({ code: 'ServiceUnavailable' });
});

test('a bucket on a backend that is not configured says so', async () => {
  records.set('photos', { ...record(), target: { backend: 'tape', bucket: 'photos' } });
  const route = await routes.find('photos');
  await expect(route?.service(head('a'))).rejects.toThrow(
    'The backend "tape" of this bucket is neither in the configuration nor was it added.',
  );
});
