import type { S3Service } from '../../s3/message.js';
import { readError } from '../../s3/xml/error.js';
import { readXml, textOf } from '../../s3/xml/reader.js';
import { ask, isSuccess, readBody } from '../ask.js';

/**
 * Whether a bucket has ever counted versions (AWS, GetBucketVersioning: one that never did has no `Status`). One that does not tell may have. Those that
 * begin to count while there is a shadow get no delete markers without a tombstone.
 *
 * @throws BackendUnavailable
 */
export async function hasVersions(store: S3Service, signal: AbortSignal): Promise<boolean> {
  const answer = await store(ask('GetBucketVersioning', { query: [['versioning', '']], signal }));
  const body = (await readBody(answer)).toString('utf8');
  if (isSuccess(answer)) return textOf(readXml(body), 'Status') !== undefined;
  return readError(body)?.code !== 'NotImplemented';
}
