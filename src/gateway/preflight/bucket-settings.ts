import { discard } from '../../s3/body.js';
import type { S3Service } from '../../s3/message.js';
import { OPERATIONS, type OperationName } from '../../s3/operations.js';
import { ask, isSuccess } from '../../shadow/ask.js';

/** Those that answer an error where a bucket has none of it (AWS, S3 API reference). */
const SETTINGS = [
  'GetBucketCors',
  'GetBucketEncryption',
  'GetBucketLifecycleConfiguration',
  'GetBucketPolicy',
  'GetBucketReplication',
  'GetBucketTagging',
  'GetBucketWebsite',
  'GetObjectLockConfiguration',
] as const satisfies readonly OperationName[];

/** What a bucket is set to have that is not copied with its objects, by the names of the sub-resources. */
export async function bucketSettings(source: S3Service, signal: AbortSignal): Promise<string[]> {
  const found = await Promise.all(
    SETTINGS.map(async (operation) => {
      const [name = ''] = OPERATIONS[operation].query;
      const { status, headers, body } = await source(ask(operation, { query: [[name, '']], signal }));
      discard(body);
      return isSuccess({ status, headers }) ? [name] : [];
    }),
  );
  return found.flat();
}
