import type { S3Service } from '../s3/message.js';
import { sourceId } from '../shadow/copying/provenance.js';
import type { ReplaceOutcome } from '../shadow/copying/replace.js';
import { lastingTokens } from '../shadow/listing/lasting-tokens.js';
import { createShadowed, type ShadowedBucket } from '../shadow/shadowed.js';
import { knowingPairs } from '../shadow/uploads/pair.js';
import type { BucketRecord, BucketStore } from '../state/buckets.js';
import type { CopyCounts } from '../state/copy-counts.js';
import type { CopyLosses } from '../state/copy-losses.js';
import { groupedCommits } from '../state/grouped-commits.js';
import type { Kv } from '../state/kv.js';
import { Ledger } from '../state/ledger.js';
import { createPageTokens } from '../state/page-tokens.js';
import { placeId } from '../state/place.js';
import type { Sealer } from '../state/sealing.js';
import { createUploadIds } from '../state/upload-ids.js';
import type { Clock } from '../system/clock.js';
import type { Logger } from '../system/logger.js';
import type { Times } from '../system/times.js';
import type { Connection, Connections, ShadowedRecord, TargetConnection } from './connections.js';
import { CopyCounter } from './copy-counter.js';
import { LossBuffer } from './loss-buffer.js';
import type { Meters } from './metrics/meters.js';
import type { RouteMeter } from './metrics/requests.js';
import { RequestsUnderWay } from './requests-under-way.js';
import { type Retirement, retirement } from './retirement.js';
import { type Tenure, withinTenure } from './switching/tenure.js';
import type { Tracing } from './tracing/tracing.js';
import { UnansweredWrites } from './unanswered-writes.js';
import { behindGate } from './write-gate.js';

/** Where a bucket is moving from, and what is known of each key until it has moved. */
export interface MovingFrom {
  readonly target: S3Service;
  readonly shadow: S3Service;
  readonly ledger: Ledger;
  /** What all keys begin with that the shadow can have. */
  readonly prefix: string;
  /** The `sourceId` of the shadow. */
  readonly from: string;
  readonly migrate: ShadowedBucket['migrate'];
  readonly align: ShadowedBucket['align'];
  /** Puts the shadow's object in the place of a copy with this ETag, unless clients have written or deleted that since. */
  replaceCopy(key: string, etag: string, signal: AbortSignal): Promise<ReplaceOutcome>;
}

/** How the requests of one bucket are served, as long as its record is what it is and the tenure lasts in which it was opened. */
export interface BucketRoute {
  readonly record: BucketRecord;
  readonly service: S3Service;
  /** The bucket's own side alone. */
  readonly target: S3Service;
  readonly movingFrom?: MovingFrom;
  /** Counts the bucket's requests. */
  readonly meter: RouteMeter;
  /** Begins to leave the route, for which no more requests may come. Copies are aborted when `signal` does. */
  retire(signal: AbortSignal): Retirement;
}

export interface RouteParts {
  /** The gateway's id. */
  readonly gateway: string;
  readonly connections: Connections;
  readonly kv: Kv;
  readonly buckets: Pick<BucketStore, 'update'>;
  readonly losses: Pick<CopyLosses, 'add'>;
  readonly copiedByReads: Pick<CopyCounts, 'add'>;
  readonly sealer: Sealer;
  readonly meters: Pick<Meters, 'requests' | 'copies'>;
  readonly tracing?: Pick<Tracing, 'aroundCopies'> | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  readonly times: Times;
}

/** Opens the route by which a bucket is served within `tenure`. */
export function openRoute(record: BucketRecord, tenure: Tenure, parts: RouteParts): BucketRoute {
  const target = parts.connections.toTarget(record);
  return hasShadow(record)
    ? openShadowedRoute({ record, target, tenure }, parts)
    : openPlainRoute({ record, target, tenure }, parts);
}

function hasShadow(record: BucketRecord): record is ShadowedRecord {
  return record.shadow !== null;
}

interface Opening<R> {
  readonly record: R;
  readonly target: TargetConnection;
  readonly tenure: Tenure;
}

function openPlainRoute(
  { record, target, tenure }: Opening<BucketRecord>,
  { kv, sealer, meters, clock, times }: RouteParts,
): BucketRoute {
  const uploadIds = createUploadIds({ kv, sealer, ...uploadsOf(record) });
  const unanswered = new UnansweredWrites(clock, times);
  const tokens = createPageTokens(sealer, record.id);
  const paged = lastingTokens({ tokens, target: placeId(record.target) });
  const service = paged(knowingPairs(uploadIds)(target.service));
  const requests = new RequestsUnderWay(service, { tenure: tenure.signal, unanswered });
  const nothing = async () => undefined;
  return {
    record,
    service: behindGate(record, requests.service),
    target: target.service,
    meter: meters.requests.ofBucket(record),
    retire: () => retirement({ requests, unanswered, clock, drain: nothing, close: () => target.close() }),
  };
}

function openShadowedRoute(
  { record, target, tenure }: Opening<ShadowedRecord>,
  {
    gateway,
    connections,
    kv,
    buckets,
    losses,
    copiedByReads,
    sealer,
    meters,
    tracing,
    clock,
    log,
    times,
  }: RouteParts,
): BucketRoute {
  const unanswered = new UnansweredWrites(clock, times);
  const source = connections.toShadow(record);
  const shadow = unanswered.notingDeletes(source.service);
  const { prompt, patient } = groupedCommits(withinTenure(kv, tenure), clock);
  const ledgerOn = (grouped: Kv) => new Ledger(grouped, record.id, clock, { times, epoch: record.epoch });
  const ledger = ledgerOn(prompt);
  const shadowed = createShadowed({
    bucket: record,
    target: target.service,
    copySources: target.store,
    shadow,
    encrypted: encryptedSides(target, source),
    gateway,
    demandIntents: () => demandIntents(record, buckets),
    ledger,
    patientLedger: ledgerOn(patient),
    uploadIds: createUploadIds({ kv, sealer, ...uploadsOf(record) }),
    losses: new LossBuffer({ store: losses, bucketId: record.id, clock, log }),
    copiedByReads: new CopyCounter({
      store: copiedByReads,
      bucketId: record.id,
      since: record.shadow.since,
      clock,
      log,
    }),
    aroundCopy: tracing?.aroundCopies(record.name),
    onCopy: (as, outcome) => meters.copies.note(record.name, as, outcome),
    pageTokens: createPageTokens(sealer, record.id),
    clock,
    log,
  });
  const requests = new RequestsUnderWay(shadowed.service, { tenure: tenure.signal, unanswered });
  shadowed.startRecovery();
  return {
    record,
    service: behindGate(record, requests.service),
    target: target.service,
    meter: meters.requests.ofBucket(record),
    movingFrom: {
      target: target.service,
      shadow,
      ledger,
      prefix: record.shadow.targetPrefix,
      from: sourceId(record.shadow),
      migrate: shadowed.migrate,
      align: shadowed.align,
      async replaceCopy(key, etag, signal) {
        const outcome = await shadowed.replaceCopy(key, { etag, service: requests.service, signal });
        meters.copies.note(record.name, 'renewal', outcome);
        return outcome;
      },
    },
    retire: (signal) =>
      retirement({
        requests,
        unanswered,
        clock,
        drain: () => shadowed.drain(signal),
        close: () => closeBoth(target, source),
      }),
  };
}

/** As it is known then: a backend may have been added after the bucket's record came. */
const encryptedSides = (target: Connection, source: Connection) => ({
  get target() {
    return target.isEncrypted?.() === true;
  },
  get shadow() {
    return source.isEncrypted?.() === true;
  },
});

const uploadsOf = ({ id: bucketId, swaps = 0 }: BucketRecord) => ({ bucketId, swaps });

const closeBoth = async (...connections: readonly Connection[]): Promise<void> => {
  await Promise.all(connections.map((connection) => connection.close()));
};

/** Read-through is left for the rung above, on which every write takes an intent. */
async function demandIntents(
  { name, shadow }: ShadowedRecord,
  buckets: Pick<BucketStore, 'update'>,
): Promise<void> {
  if (shadow.aim !== 'read-through') return;
  await buckets.update(name, (record) =>
    record.shadow?.aim === 'read-through'
      ? { ...record, shadow: { ...record.shadow, aim: 'exclusive' } }
      : record,
  );
}
