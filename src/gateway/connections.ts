import { atBucket } from '../filters/at-bucket.js';
import { breaker } from '../filters/breaker.js';
import { retryReads } from '../filters/retry-reads.js';
import { markAsShadowOf } from '../filters/shadow-marker.js';
import { underPrefixes } from '../filters/under-prefixes.js';
import { withoutTrailers } from '../filters/without-trailers.js';
import type { S3Service } from '../s3/message.js';
import type { ShadowedOptions } from '../shadow/shadowed.js';
import type { BucketRecord } from '../state/buckets.js';
import type { Place } from '../state/place.js';
import type { Clock } from '../system/clock.js';
import type { Logger } from '../system/logger.js';
import type { Side } from './metrics/backends.js';
import type { Meters } from './metrics/meters.js';
import type { Stores } from './stores.js';
import type { Tracing } from './tracing/tracing.js';

export type ShadowedRecord = ShadowedOptions['bucket'];

/** A bucket in its store. To be closed by whoever opened it. */
export interface Connection {
  readonly service: S3Service;
  /** As of its store. */
  readonly isEncrypted?: (() => boolean) | undefined;
  close(): Promise<void>;
}

export interface TargetConnection extends Connection {
  /** The store, whatever bucket a request names. */
  readonly store: S3Service;
}

/** How a gateway reaches the stores of a bucket. */
export interface Connections {
  toTarget(record: BucketRecord): TargetConnection;
  /** The bucket that objects are moving from, its keys named as in the target. */
  toShadow(record: ShadowedRecord): Connection;
}

export interface ConnectionsOptions {
  readonly stores: Stores;
  readonly meters: Pick<Meters, 'aroundStore' | 'breakers'>;
  readonly tracing?: Pick<Tracing, 'aroundStore'> | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

export function createConnections({ stores, meters, tracing, clock, log }: ConnectionsOptions): Connections {
  /** A place's store, with all that is asked of it counted. */
  function opened(place: Place, side: Side) {
    const store = stores.open(place);
    const asked = { backend: store.name, side };
    const counted = meters.aroundStore(asked)(store.service);
    return { ...store, service: tracing ? tracing.aroundStore(asked)(counted) : counted };
  }

  return {
    toTarget({ target, trailingChecksums }) {
      const store = opened(target, 'target');
      const service = atBucket(target.bucket)(store.service);
      return {
        service: trailingChecksums === true ? service : withoutTrailers(service),
        store: store.service,
        isEncrypted: store.isEncrypted,
        close: () => store.close(),
      };
    },
    toShadow(record) {
      const store = opened(record.shadow.place, 'shadow');
      const breaking = meters.breakers.ofShadow(record.name, store.name);
      return {
        service: careful(store.service, record, { onBreaker: breaking.set, clock, log }),
        isEncrypted: store.isEncrypted,
        close() {
          breaking.forget();
          return store.close();
        },
      };
    },
  };
}

interface OnBreaker {
  readonly onBreaker: (isOpen: boolean) => void;
}

/** The shadow's bucket as it is asked: of the filters the first listed is the outermost. */
function careful(
  store: S3Service,
  { name, id, shadow }: ShadowedRecord,
  { onBreaker, clock, log }: Pick<ConnectionsOptions, 'clock' | 'log'> & OnBreaker,
): S3Service {
  const filters = [
    underPrefixes(shadow),
    retryReads(clock),
    breaker({ backend: `shadow of ${name}`, clock, log, onChange: onBreaker }),
    markAsShadowOf(id),
    ...(shadow.trailingChecksums === true ? [] : [withoutTrailers]),
    atBucket(shadow.place.bucket),
  ];
  return filters.reduceRight((inner, filter) => filter(inner), store);
}
