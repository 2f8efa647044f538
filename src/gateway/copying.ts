import { type CopySource, formatCopySource, parseCopySource } from '../s3/copy-source.js';
import { S3Error } from '../s3/errors.js';
import { NULL_VERSION } from '../s3/xml/versions.js';
import { swapping } from '../shadow/ask-shadow.js';
import { holdsReaders } from '../shadow/rungs.js';
import { sameStore } from '../state/place.js';
import { assertAllowed, type Identity } from './authorize.js';
import type { BucketRoute } from './bucket-route.js';
import { type BucketRoutes, findRoute } from './bucket-routes.js';

/**
 * The copy source that a store is to be given for a copy into `target`: allowed to be read, there, and under the name
 * that the store has for its bucket. An object that only the shadow of its bucket has is brought over first.
 *
 * Throws S3Error: InvalidArgument, AccessDenied, NoSuchBucket, NotImplemented (the source is on another backend),
 * ServiceUnavailable, SlowDown (it is being written).
 */
export async function admitCopySource(
  value: string,
  { identity, target, routes }: { identity: Identity; target: BucketRoute; routes: BucketRoutes },
): Promise<string> {
  const source = parseCopySource(value);
  assertAllowed(identity, 'GetObject', source.bucket);
  const route = await findRoute(routes, source.bucket);
  if (!sameStore(route.record.target, target.record.target)) {
    throw new S3Error('NotImplemented', 'Copying between buckets on different backends is not supported.');
  }
  // It is read from one store, which may hold what no client has been shown.
  if (route.record.shadow && holdsReaders(route.record.shadow)) throw swapping();
  await bringOver(source, route);
  return formatCopySource({ ...source, bucket: route.record.target.bucket });
}

async function bringOver({ key, versionId }: CopySource, { movingFrom }: BucketRoute): Promise<void> {
  if (movingFrom === undefined || (versionId ?? NULL_VERSION) !== NULL_VERSION) return;
  const outcome = await movingFrom.migrate(key, { as: 'read' });
  if (outcome.state === 'superseded')
    throw new S3Error('SlowDown', undefined, { headers: { 'retry-after': '1' } });
  if (outcome.state !== 'failed') return;
  const headers = { 'retry-after': '2' };
  throw new S3Error('ServiceUnavailable', `The copy source could not be brought over: ${outcome.reason}`, {
    headers,
  });
}
