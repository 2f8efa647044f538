import { randomBytes } from 'node:crypto';
import { createAccessKeyStore } from '../../src/state/access-keys.js';
import { type BackendRecord, createBackendStore } from '../../src/state/backends.js';
import { type BucketRecord, createBucketStore } from '../../src/state/buckets.js';
import type { Kv } from '../../src/state/kv.js';
import { createSealer } from '../../src/state/sealing.js';
import { type Clock, systemClock } from '../../src/system/clock.js';

const sealer = createSealer(randomBytes(32));

/** The stores of one gateway. */
export const storesOn = (kv: Kv, clock: Clock = systemClock) => ({
  buckets: createBucketStore(kv, sealer),
  accessKeys: createAccessKeyStore(kv, sealer, clock),
  addedBackends: createBackendStore(kv, sealer),
});

export const backendNamed = (name: string): BackendRecord => ({
  name,
  id: `id-of-${name}`,
  settings: `{"secret_access_key":"THE-SECRET-OF-${name}"}`,
  createdAt: '2026-01-01T00:00:00.000Z',
});

export const bucketNamed = (name: string, changes: Partial<BucketRecord> = {}): BucketRecord => ({
  name,
  id: `id-of-${name}`,
  org: null,
  target: { backend: 'local-disk', bucket: name },
  public: false,
  createdAt: '2026-01-01T00:00:00.000Z',
  shadow: null,
  epoch: 0,
  forgetting: false,
  conditionalWrites: { put: true, complete: true, match: true },
  ...changes,
});

export const SHADOW: NonNullable<BucketRecord['shadow']> = {
  place: {
    bucket: 'legacy',
    endpoint: 'https://s3.example.com',
    region: 'us-east-1',
    accessKeyId: 'THE-SHADOW-KEY-ID',
    secretAccessKey: 'THE-SHADOW-SECRET',
  },
  writeThrough: true,
  rung: 'write-through',
  aim: 'write-through',
  confirmed: true,
  delete: 'both',
  prefix: '',
  targetPrefix: '',
  since: '2026-01-01T00:00:00.000Z',
};
