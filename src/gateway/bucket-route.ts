import type { Backend } from '../backends/backend.js';
import { createRemoteBackend } from '../backends/remote/remote.js';
import { atBucket } from '../filters/at-bucket.js';
import { breaker } from '../filters/breaker.js';
import { retryReads } from '../filters/retry-reads.js';
import { markAsShadowOf } from '../filters/shadow-marker.js';
import { S3Error } from '../s3/errors.js';
import type { S3Service } from '../s3/message.js';
import { createShadowed, type ShadowedBucket, type ShadowedOptions } from '../shadow/shadowed.js';
import type { BucketRecord } from '../state/buckets.js';
import type { Kv } from '../state/kv.js';
import { Ledger } from '../state/ledger.js';
import type { Clock } from '../system/clock.js';
import type { Logger } from '../system/logger.js';
import type { Times } from '../system/times.js';

/** Where a bucket is moving from, and what is known of each key until it has moved. */
export interface MovingFrom {
  readonly shadow: S3Service;
  readonly ledger: Ledger;
  readonly migrate: ShadowedBucket['migrate'];
}

/** How the requests of one bucket are served, as long as its record is what it is. */
export interface BucketRoute {
  readonly record: BucketRecord;
  readonly service: S3Service;
  /** The bucket's own side alone. */
  readonly target: S3Service;
  readonly movingFrom?: MovingFrom;
  /** Waits for the requests and copies under way, then frees what the route holds; aborts copies when `signal` does. */
  retire(signal: AbortSignal): Promise<void>;
}

export interface RouteParts {
  readonly backends: ReadonlyMap<string, Backend>;
  readonly kv: Kv;
  readonly clock: Clock;
  readonly log: Logger;
  readonly times: Times;
}

export function openRoute(record: BucketRecord, parts: RouteParts): BucketRoute {
  const target = atBucket(record.targetBucket)(serviceOf(record.backend, parts.backends));
  return hasShadow(record)
    ? openShadowedRoute(record, target, parts)
    : { record, service: target, target, retire: () => Promise.resolve() };
}

function hasShadow(record: BucketRecord): record is ShadowedOptions['bucket'] {
  return record.shadow !== null;
}

function openShadowedRoute(
  record: ShadowedOptions['bucket'],
  target: S3Service,
  { kv, clock, log, times }: RouteParts,
): BucketRoute {
  const connection = connectToShadow(record, clock, times);
  const shadow = careful(connection, record, { clock, log });
  const ledger = new Ledger(kv, record.id, clock, { times, epoch: record.epoch });
  const shadowed = createShadowed({ bucket: record, target, shadow, ledger, clock, log });
  const { service, idle } = countRequests(shadowed.service);
  shadowed.startRecovery();
  return {
    record,
    service,
    target,
    movingFrom: { shadow, ledger, migrate: shadowed.migrate },
    async retire(signal) {
      // Who has just found this route is about to send its request.
      await clock.sleep(0);
      await idle();
      await shadowed.drain(signal);
      await connection.close();
    },
  };
}

function connectToShadow({ name, shadow }: ShadowedOptions['bucket'], clock: Clock, times: Times): Backend {
  const { endpoint, region, accessKeyId, secretAccessKey } = shadow;
  const address = { endpoint, region, accessKeyId, secretAccessKey, forcePathStyle: true };
  return createRemoteBackend({ name: `shadow of ${name}`, ...address, clock, times });
}

/** The shadow's bucket as it is asked: of the filters the first listed is the outermost. */
function careful(
  { name: backend, service }: Backend,
  { id, shadow }: ShadowedOptions['bucket'],
  { clock, log }: Pick<RouteParts, 'clock' | 'log'>,
): S3Service {
  const filters = [
    retryReads(clock),
    breaker({ backend, clock, log }),
    markAsShadowOf(id),
    atBucket(shadow.name),
  ];
  return filters.reduceRight((inner, filter) => filter(inner), service);
}

function serviceOf(backend: string, backends: ReadonlyMap<string, Backend>): S3Service {
  return backends.get(backend)?.service ?? (() => Promise.reject(notConfigured(backend)));
}

function notConfigured(backend: string): S3Error {
  return new S3Error(
    'ServiceUnavailable',
    `The backend "${backend}" of this bucket is not in the configuration.`,
  );
}

/** `idle` resolves once no request is being answered; new ones must not come any more. */
function countRequests(service: S3Service): { service: S3Service; idle(): Promise<void> } {
  const running = new Set<Promise<unknown>>();
  return {
    service(request) {
      const answer = service(request);
      running.add(answer);
      const done = () => running.delete(answer);
      answer.then(done, done);
      return answer;
    },
    async idle() {
      await Promise.allSettled(running);
    },
  };
}
