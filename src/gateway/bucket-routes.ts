import { S3Error } from '../s3/errors.js';
import type { BucketRecord } from '../state/buckets.js';
import type { Registry } from '../state/registry.js';
import { type BucketRoute, openRoute, type RouteParts } from './bucket-route.js';

export interface BucketRoutes {
  /** How to serve the bucket of this name; undefined when there is none. Throws ServiceUnavailable once closed. */
  find(name: string): Promise<BucketRoute | undefined>;
  /** Waits for what the routes still do in the background, and closes them; aborts that when `signal` does. */
  close(signal: AbortSignal): Promise<void>;
}

export interface BucketRoutesOptions extends RouteParts {
  readonly registry: Registry;
}

/**
 * The routes of all buckets in use, and of all that have a shadow, for those have work of their own to do. One is opened
 * anew when the bucket's record has changed; requests that have the old one end on it, then it is closed.
 */
export function createBucketRoutes({ registry, ...parts }: BucketRoutesOptions): BucketRoutes {
  const open = new Map<string, BucketRoute>();
  const retiring = new Set<Promise<void>>();
  let isClosed = false;
  const hurry = new AbortController();

  function retire(name: string): void {
    const route = open.get(name);
    if (!route) return;
    open.delete(name);
    const retired = route
      .retire(hurry.signal)
      .catch((error: unknown) => parts.log.error({ err: error, bucket: name }, 'closing a route failed'))
      .finally(() => retiring.delete(retired));
    retiring.add(retired);
  }

  function routeFor(record: BucketRecord): BucketRoute {
    const current = open.get(record.name);
    if (current?.record === record) return current;
    retire(record.name);
    const route = openRoute(record, parts);
    open.set(record.name, route);
    return route;
  }

  function follow(name: string): void {
    const record = registry.bucket(name);
    if (record === undefined) retire(name);
    else if (record.shadow !== null || open.has(name)) routeFor(record);
  }

  const unfollow = registry.onChange(({ kind, name }) => {
    if (kind === 'bucket') follow(name);
  });
  for (const { name } of registry.buckets()) follow(name);

  return {
    async find(name) {
      const record = registry.bucket(name) ?? (await registry.lookUpBucket(name));
      if (isClosed) throw new S3Error('ServiceUnavailable');
      return record && routeFor(record);
    },
    async close(signal) {
      isClosed = true;
      unfollow();
      signal.addEventListener('abort', () => hurry.abort(), { once: true });
      if (signal.aborted) hurry.abort();
      for (const name of [...open.keys()]) retire(name);
      await Promise.all(retiring);
    },
  };
}

/** As `find`, but throws NoSuchBucket when there is none. */
export async function findRoute(routes: BucketRoutes, bucket: string): Promise<BucketRoute> {
  const route = await routes.find(bucket);
  if (route === undefined) throw new S3Error('NoSuchBucket', undefined, { fields: { BucketName: bucket } });
  return route;
}
