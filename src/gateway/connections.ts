import { atBucket } from '../filters/at-bucket.js';
import { breaker } from '../filters/breaker.js';
import { retryReads } from '../filters/retry-reads.js';
import { markAsShadowOf } from '../filters/shadow-marker.js';
import { underPrefixes } from '../filters/under-prefixes.js';
import { withoutTrailers } from '../filters/without-trailers.js';
import type { S3Service } from '../s3/message.js';
import type { ShadowedOptions } from '../shadow/shadowed.js';
import type { BucketRecord } from '../state/buckets.js';
import type { Clock } from '../system/clock.js';
import type { Logger } from '../system/logger.js';
import type { Meters } from './metrics/meters.js';
import type { Stores } from './stores.js';

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
  readonly clock: Clock;
  readonly log: Logger;
}

export function createConnections({ stores, meters, clock, log }: ConnectionsOptions): Connections {
  return {
    toTarget({ target, trailingChecksums }) {
      const opened = stores.open(target);
      const store = meters.aroundStore({ backend: opened.name, side: 'target' })(opened.service);
      const service = atBucket(target.bucket)(store);
      return {
        service: trailingChecksums === true ? service : withoutTrailers(service),
        store,
        isEncrypted: opened.isEncrypted,
        close: () => opened.close(),
      };
    },
    toShadow(record) {
      const opened = stores.open(record.shadow.place);
      const store = meters.aroundStore({ backend: opened.name, side: 'shadow' })(opened.service);
      const breaking = meters.breakers.ofShadow(record.name);
      return {
        service: careful(store, record, { onBreaker: breaking.set, clock, log }),
        isEncrypted: opened.isEncrypted,
        close() {
          breaking.forget();
          return opened.close();
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
