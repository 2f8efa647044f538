import type { Backend } from '../backends/backend.js';
import { createRemoteBackend } from '../backends/remote/remote.js';
import { atBucket } from '../filters/at-bucket.js';
import { breaker } from '../filters/breaker.js';
import { retryReads } from '../filters/retry-reads.js';
import { markAsShadowOf } from '../filters/shadow-marker.js';
import { underPrefixes } from '../filters/under-prefixes.js';
import { withoutTrailers } from '../filters/without-trailers.js';
import { S3Error } from '../s3/errors.js';
import type { S3Service } from '../s3/message.js';
import type { ShadowedOptions } from '../shadow/shadowed.js';
import type { BucketRecord } from '../state/buckets.js';
import type { Clock } from '../system/clock.js';
import type { Logger } from '../system/logger.js';
import type { Times } from '../system/times.js';

export type ShadowedRecord = ShadowedOptions['bucket'];

/** How a gateway reaches the stores of a bucket. */
export interface Connections {
  /** The bucket in its backend. */
  toTarget(record: BucketRecord): S3Service;
  /** Its backend, whatever bucket a request names. */
  toBackend(record: BucketRecord): S3Service;
  /** The bucket that objects are moving from, its keys named as in the target. To be closed by whoever opened it. */
  toShadow(record: ShadowedRecord): Pick<Backend, 'service' | 'close'>;
}

export interface ConnectionsOptions {
  readonly backends: ReadonlyMap<string, Backend>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly times: Times;
}

export function createConnections({ backends, clock, log, times }: ConnectionsOptions): Connections {
  const toBackend = ({ backend }: BucketRecord) =>
    backends.get(backend)?.service ?? (() => Promise.reject(notConfigured(backend)));
  return {
    toBackend,
    toTarget: (record) => {
      const target = atBucket(record.targetBucket)(toBackend(record));
      return record.trailingChecksums === true ? target : withoutTrailers(target);
    },
    toShadow(record) {
      const connection = connectToShadow(record, clock, times);
      return {
        service: careful(connection, record, { clock, log }),
        close: () => connection.close(),
      };
    },
  };
}

function connectToShadow({ name, shadow }: ShadowedRecord, clock: Clock, times: Times): Backend {
  const { endpoint, region, accessKeyId, secretAccessKey } = shadow;
  const address = { endpoint, region, accessKeyId, secretAccessKey, forcePathStyle: true };
  return createRemoteBackend({ name: `shadow of ${name}`, ...address, clock, times });
}

/** The shadow's bucket as it is asked: of the filters the first listed is the outermost. */
function careful(
  { name: backend, service }: Backend,
  { id, shadow }: ShadowedRecord,
  { clock, log }: Pick<ConnectionsOptions, 'clock' | 'log'>,
): S3Service {
  const filters = [
    underPrefixes(shadow),
    retryReads(clock),
    breaker({ backend, clock, log }),
    markAsShadowOf(id),
    ...(shadow.trailingChecksums === true ? [] : [withoutTrailers]),
    atBucket(shadow.name),
  ];
  return filters.reduceRight((inner, filter) => filter(inner), service);
}

const notConfigured = (backend: string): S3Error =>
  new S3Error('ServiceUnavailable', `The backend "${backend}" of this bucket is not in the configuration.`);
