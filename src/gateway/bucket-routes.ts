import { S3Error } from '../s3/errors.js';
import type { BucketRecord } from '../state/buckets.js';
import type { Acknowledged } from '../state/gateway-leases.js';
import type { Registry } from '../state/registry.js';
import type { Logger } from '../system/logger.js';
import type { BucketRoute } from './bucket-route.js';
import type { GatewayLease } from './switching/lease.js';
import { LeftRoutes } from './switching/left-routes.js';
import type { Tenure } from './switching/tenure.js';

export interface BucketRoutes {
  /** How to serve the bucket of this name; undefined when there is none. Throws ServiceUnavailable once closed. */
  find(name: string): Promise<BucketRoute | undefined>;
  /**
   * Waits for what the routes still do in the background, and closes them; aborts that when `signal` does. Resolves to whether a store may
   * still apply something that was sent.
   */
  close(signal: AbortSignal): Promise<boolean>;
}

export interface BucketRoutesOptions {
  readonly registry: Pick<Registry, 'bucket' | 'buckets' | 'lookUpBucket' | 'onChange'>;
  /** Is told what of the routes that were left has ended. */
  readonly lease: Pick<GatewayLease, 'tenure' | 'onTenure' | 'tell'>;
  /** Opens a route that is good within the tenure. */
  readonly open: (record: BucketRecord, tenure: Tenure) => BucketRoute;
  readonly log: Pick<Logger, 'error'>;
}

interface OpenRoute {
  readonly route: BucketRoute;
  readonly tenure: Tenure;
}

/**
 * The routes of all buckets in use, and of all that have a shadow, for those have work of their own to do. One is opened
 * anew when the bucket's record has changed; requests that have the old one end on it, then it is closed.
 */
export function createBucketRoutes({ registry, lease, open, log }: BucketRoutesOptions): BucketRoutes {
  const routes = new Map<string, OpenRoute>();
  const left = new LeftRoutes({ log, onProgress: acknowledge });
  let isClosed = false;

  function leave(name: string): void {
    const current = routes.get(name);
    routes.delete(name);
    if (current) left.leave(current.route);
  }

  function routeFor(record: BucketRecord): BucketRoute {
    const current = routes.get(record.name);
    if (current && isCurrent(current, record, lease.tenure)) return current.route;
    leave(record.name);
    const { tenure } = lease;
    const route = open(record, tenure);
    routes.set(record.name, { route, tenure });
    return route;
  }

  function follow(name: string): void {
    const record = registry.bucket(name);
    if (record === undefined) leave(name);
    else if (isSwitched(record) || routes.has(name)) routeFor(record);
  }

  function followAll(): void {
    if (isClosed) return;
    for (const name of new Set([...routes.keys(), ...registry.buckets().map(({ name }) => name)]))
      follow(name);
    acknowledge();
  }

  function acknowledge(): void {
    if (isClosed) return;
    const records = [...routes.values()].map(({ route }) => route.record).filter(isSwitched);
    const ended = records.filter((record) => left.haveEndedBefore(record));
    lease.tell({ acknowledged: epochsOf(ended), heard: epochsOf(records) });
  }

  const unfollow = registry.onChange(({ kind, name }) => {
    if (kind !== 'bucket') return;
    follow(name);
    acknowledge();
  });
  lease.onTenure(followAll);
  followAll();

  return {
    async find(name) {
      const record = registry.bucket(name) ?? (await registry.lookUpBucket(name));
      if (isClosed) throw new S3Error('ServiceUnavailable');
      return record && routeFor(record);
    },
    async close(signal) {
      isClosed = true;
      unfollow();
      for (const name of [...routes.keys()]) leave(name);
      return left.closed(signal);
    },
  };
}

/** A record that was read before the one that the route is for does not bring its settings back. */
function isCurrent({ route, tenure }: OpenRoute, record: BucketRecord, current: Tenure): boolean {
  if (tenure !== current) return false;
  return route.record === record || (route.record.id === record.id && route.record.epoch > record.epoch);
}

/** Whether other gateways may wait for this one to follow the bucket's record. */
const isSwitched = ({ shadow, forgetting, job }: BucketRecord): boolean =>
  shadow !== null || forgetting || job !== undefined;

const epochsOf = (records: readonly BucketRecord[]): Acknowledged =>
  Object.fromEntries(records.map(({ id, epoch }) => [id, epoch]));

/** As `find`, but throws NoSuchBucket when there is none. */
export async function findRoute(routes: Pick<BucketRoutes, 'find'>, bucket: string): Promise<BucketRoute> {
  const route = await routes.find(bucket);
  if (route === undefined) throw new S3Error('NoSuchBucket', undefined, { fields: { BucketName: bucket } });
  return route;
}
