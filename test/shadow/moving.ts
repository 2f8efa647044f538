import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import type { Backend } from '../../src/backends/backend.js';
import { createMemoryBackend } from '../../src/backends/memory/memory.js';
import { atBucket } from '../../src/filters/at-bucket.js';
import type { KeyPrefixes } from '../../src/filters/key-prefixes.js';
import { underPrefixes } from '../../src/filters/under-prefixes.js';
import type { S3Filter, S3Request, S3Service } from '../../src/s3/message.js';
import type { Loss } from '../../src/shadow/copying/loss.js';
import { sourceId } from '../../src/shadow/copying/provenance.js';
import { lastingTokens } from '../../src/shadow/listing/lasting-tokens.js';
import { createShadowed, type ShadowedBucket } from '../../src/shadow/shadowed.js';
import { knowingPairs } from '../../src/shadow/uploads/pair.js';
import type { BucketRecord } from '../../src/state/buckets.js';
import type { Kv } from '../../src/state/kv.js';
import { Ledger } from '../../src/state/ledger.js';
import { createPageTokens } from '../../src/state/page-tokens.js';
import type { Rung } from '../../src/state/rung.js';
import { createSealer } from '../../src/state/sealing.js';
import { createUploadIds, type UploadIds } from '../../src/state/upload-ids.js';
import { type Clock, systemClock } from '../../src/system/clock.js';
import { TIMES } from '../../src/system/times.js';
import { temporaryKv } from '../state/temporary-kv.js';
import { StoreClient } from '../support/store-client.js';

/** A bucket that is moving, over two stores in memory, and a way to look at each. */
export interface Moving {
  /** What clients of the gateway see. */
  readonly client: StoreClient;
  /** What clients see of the bucket once it has no shadow. */
  readonly withoutShadow: StoreClient;
  /** The target and the shadow themselves. */
  readonly target: StoreClient;
  readonly shadow: StoreClient;
  /** What the gateway asked of either, in order. */
  readonly asked: { readonly target: S3Request[]; readonly shadow: S3Request[] };
  readonly ledger: Ledger;
  /** Which shadow copies say that they are from. */
  readonly from: string;
  readonly uploadIds: UploadIds;
  readonly bucket: ShadowedBucket;
  /** What clients of another gateway see, which may be on another rung. */
  another(rung?: Rung): StoreClient;
  /** Another gateway. */
  gateway(rung?: Rung): ShadowedBucket;
  /** Starts a gateway that looks after what others left behind. */
  recoverOn(rung: Rung): void;
  /** How often all gateways were asked to have all writes announced. */
  demands(): number;
  /** What copies could not keep. */
  readonly losses: readonly (Loss & { readonly key: string })[];
  readonly copiedByReads: { readonly objects: number; readonly bytes: number };
  /** The stores as services, for what works beside the gateway. */
  readonly stores: { readonly target: S3Service; readonly shadow: S3Service };
  /** Lets so much time pass at once for all gateways, ms. */
  pass(ms: number): void;
  /** Resolves when copies and after-answer deletes have ended. */
  settled(): Promise<void>;
}

export interface MovingOptions {
  readonly writeThrough?: boolean;
  /** The one that `writeThrough` asks for unless given. */
  readonly rung?: Rung;
  /** Whether all gateways are known to be on it; so unless given. */
  readonly isConfirmed?: boolean;
  readonly delete?: 'both' | 'target';
  readonly acl?: boolean;
  readonly provenance?: boolean;
  /** Which keys are moving, and from where; all of them unless given. */
  readonly prefixes?: KeyPrefixes;
  readonly conditionalWrites?: BucketRecord['conditionalWrites'];
  /** How long an intent is honoured, ms. */
  readonly leaseMs?: number;
  /** Where the state is kept; in a store of its own unless given. */
  readonly state?: Kv;
  /** A store other than one in memory, with its bucket. */
  readonly stores?: { readonly target?: S3Service; readonly shadow?: S3Service };
  /** Which of those the gateway encrypts. */
  readonly encrypted?: { readonly target: boolean; readonly shadow: boolean };
  /** What the buckets are called, where both are of one store. */
  readonly inOneStore?: { readonly target: string; readonly shadow: string };
  /** What stands between the gateway and its state. */
  readonly onState?: (kv: Kv) => Kv;
  /** What stands between the gateway and a store. */
  readonly onTarget?: S3Filter;
  readonly onShadow?: S3Filter;
}

const MASTER_KEY = Buffer.alloc(32, 7);

const asIs: S3Filter = (service) => service;

/** As a store on the network: it gives up when the answer is no longer wanted. */
export const heedingSignal: S3Filter = (service) => (request) =>
  new Promise((resolve, reject) => {
    const { signal } = request;
    signal.addEventListener('abort', () => reject(signal.reason));
    if (signal.aborted) reject(signal.reason);
    else service(request).then(resolve, reject);
  });

export async function movingBucket(options: MovingOptions = {}): Promise<Moving> {
  const {
    conditionalWrites = { put: true, complete: true, match: true },
    onTarget = asIs,
    onShadow = asIs,
  } = options;
  const { inOneStore } = options;
  const one = inOneStore && memoryBackend('new');
  const target = options.stores?.target ?? (await store(inOneStore?.target ?? 'new', one));
  const shadow = options.stores?.shadow ?? (await store(inOneStore?.shadow ?? 'old', one));
  const asked = { target: [] as S3Request[], shadow: [] as S3Request[] };
  const { leaseMs = 5_000, onState = (kv: Kv) => kv } = options;
  const kv = onState(options.state ?? (await temporaryKv()));
  let passed = 0;
  const clock: Clock = { ...systemClock, now: () => systemClock.now() + passed };
  const ledger = new Ledger(kv, 'id-1', clock, {
    times: { ...TIMES, connectMs: 0, firstByteMs: leaseMs / 4, leaseMs, marginMs: leaseMs / 4 },
    waitMs: 500,
  });
  const { writeThrough = false, rung = writeThrough ? 'write-through' : 'read-through' } = options;
  const { isConfirmed: confirmed = true, prefixes = { prefix: '', targetPrefix: '' } } = options;
  const settings = {
    writeThrough,
    rung,
    confirmed,
    delete: options.delete ?? 'both',
    acl: options.acl ?? false,
    ...(options.provenance !== undefined && { provenance: options.provenance }),
    ...prefixes,
  } as const;
  const reachedTarget = recording(asked.target)(onTarget(target));
  const reachedShadow = underPrefixes(prefixes)(recording(asked.shadow)(onShadow(shadow)));
  const sealer = createSealer(MASTER_KEY);
  const uploadIds = createUploadIds({ kv, sealer, bucketId: 'id-1' });
  const pageTokens = createPageTokens(sealer, 'id-1');
  const gateways: ShadowedBucket[] = [];
  let demands = 0;
  const losses: (Loss & { readonly key: string })[] = [];
  const copiedByReads = { objects: 0, bytes: 0 };
  const open = (onRung: Rung): ShadowedBucket => {
    const gateway = createShadowed({
      bucket: record({ ...settings, rung: onRung }, conditionalWrites, inOneStore),
      target: reachedTarget,
      copySources: reachedTarget,
      shadow: reachedShadow,
      ...(options.encrypted && { encrypted: options.encrypted }),
      ledger,
      gateway: `gateway-${gateways.length + 1}`,
      uploadIds,
      pageTokens,
      demandIntents: async () => {
        demands += 1;
      },
      losses: {
        note(key, lost) {
          losses.push(...lost.map((loss) => ({ key, ...loss })));
        },
        drain: async () => undefined,
      },
      copiedByReads: {
        note(bytes) {
          copiedByReads.objects += 1;
          copiedByReads.bytes += bytes;
        },
        drain: async () => undefined,
      },
      clock,
      log: pino({ level: 'silent' }),
    });
    gateways.push(gateway);
    return gateway;
  };
  const bucket = open(rung);
  const settled = async () => {
    await Promise.all(gateways.map((gateway) => gateway.drain(AbortSignal.timeout(10_000))));
  };
  onTestFinished(settled);
  return {
    client: new StoreClient(bucket.service, 'photos'),
    target: new StoreClient(target, 'new'),
    shadow: new StoreClient(shadow, 'old'),
    asked,
    ledger,
    from: sourceId(record({ ...settings, rung }, conditionalWrites, inOneStore).shadow),
    uploadIds,
    bucket,
    withoutShadow: new StoreClient(
      lastingTokens({ tokens: pageTokens, target: 'new/new' })(knowingPairs(uploadIds)(reachedTarget)),
      'photos',
    ),
    another: (other = rung) => new StoreClient(open(other).service, 'photos'),
    gateway: (other = rung) => open(other),
    recoverOn: (other) => open(other).startRecovery(),
    stores: { target, shadow },
    demands: () => demands,
    losses,
    copiedByReads,
    pass(ms) {
      passed += ms;
    },
    settled,
  };
}

const memoryBackend = (name: string): Backend =>
  createMemoryBackend({ name, clock: systemClock, minPartSize: 1 });

async function store(bucket: string, backend = memoryBackend(bucket)): Promise<S3Service> {
  await new StoreClient(backend.service, bucket).ask('PUT', '');
  return atBucket(bucket)(backend.service);
}

const recording =
  (into: S3Request[]): S3Filter =>
  (service) =>
  (request) => {
    into.push(request);
    return service(request);
  };

const record = (
  settings: KeyPrefixes & {
    writeThrough: boolean;
    rung: Rung;
    confirmed: boolean;
    delete: 'both' | 'target';
    acl: boolean;
    provenance?: boolean;
  },
  conditionalWrites: BucketRecord['conditionalWrites'],
  inOneStore: MovingOptions['inOneStore'],
) => ({
  name: 'photos',
  id: 'id-1',
  org: null,
  target: { backend: 'new', bucket: inOneStore?.target ?? 'new' },
  public: false,
  createdAt: '2026-01-01T00:00:00.000Z',
  conditionalWrites,
  epoch: 0,
  forgetting: false,
  shadow: {
    aim: 'read-through' as const,
    place: inOneStore ? { backend: 'new', bucket: inOneStore.shadow } : { backend: 'old', bucket: 'old' },
    since: '2026-01-01T00:00:00.000Z',
    ...settings,
  },
});
