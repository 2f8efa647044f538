import { evaluateConditions } from '../../s3/conditions.js';
import { S3Error } from '../../s3/errors.js';
import { invalidArgument } from '../../s3/invalid-argument.js';
import type { S3Request } from '../../s3/message.js';
import { hasQuery, queryValue } from '../../s3/params.js';
import { NULL_VERSION } from '../../s3/xml/versions.js';
import type { BucketPersistence } from './persistence.js';
import type { ObjectRecord } from './records.js';

/** The object of a key. Throws NoSuchKey, and NoSuchVersion for any version but `null`. */
export function findObject(bucket: BucketPersistence, key: string, versionId = NULL_VERSION): ObjectRecord {
  if (versionId !== NULL_VERSION) throw noSuchVersion(key, versionId);
  const object = bucket.objects.get(key);
  if (!object) throw new S3Error('NoSuchKey', undefined, { fields: { Key: key } });
  return object;
}

/** The version that a request asks for; throws InvalidArgument when it names an empty one. */
export function versionOf(request: Pick<S3Request, 'query'>): string | undefined {
  const versionId = queryValue(request, 'versionId');
  if (versionId === '' && hasQuery(request, 'versionId')) {
    throw invalidArgument('versionId', '', 'Version id cannot be the empty string');
  }
  return versionId;
}

export function noSuchVersion(key: string, versionId: string): S3Error {
  return new S3Error('NoSuchVersion', undefined, { fields: { Key: key, VersionId: versionId } });
}

/**
 * Judges the If-Match and If-None-Match of a write against what it would replace. Throws PreconditionFailed, NoSuchKey
 * for If-Match on nothing, and NotImplemented for an If-None-Match that names an ETag (AWS, "Conditional writes").
 */
export function assertWritable({ headers, key }: S3Request, current: ObjectRecord | undefined): void {
  if (headers['if-none-match'] !== undefined && headers['if-none-match'] !== '*') {
    throw new S3Error('NotImplemented', undefined, { fields: { Header: 'If-None-Match' } });
  }
  if (headers['if-match'] !== undefined && !current) {
    throw new S3Error('NoSuchKey', undefined, { fields: { Key: key } });
  }
  if (evaluateConditions({ method: 'PUT', headers }, current) !== 'proceed')
    throw preconditionFailed(headers);
}

export function preconditionFailed(headers: S3Request['headers']): S3Error {
  const condition = CONDITIONS.find(([name]) => headers[name] !== undefined)?.[1] ?? 'If-Match';
  return new S3Error('PreconditionFailed', undefined, { fields: { Condition: condition } });
}

const CONDITIONS = [
  ['if-match', 'If-Match'],
  ['if-none-match', 'If-None-Match'],
  ['if-unmodified-since', 'If-Unmodified-Since'],
] as const;
