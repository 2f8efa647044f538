import { isBucketName } from '../buckets.js';
import { invalidArgument } from '../invalid-argument.js';
import type { S3Request } from '../message.js';
import { queryValue } from '../params.js';
import type { BucketsPage, ListedBucket } from './buckets.js';

/** As many as an account of AWS can be asked for at once. */
const MAX_BUCKETS = 10_000;

/**
 * The page of ListBuckets that is asked for (AWS, "ListBuckets": `prefix`, `max-buckets`, `continuation-token`), of all buckets in the order of their
 * names. Throws InvalidArgument.
 */
export function bucketsPage<Bucket extends ListedBucket>(
  all: readonly Bucket[],
  request: Pick<S3Request, 'query'>,
): BucketsPage & { readonly buckets: readonly Bucket[] } {
  const prefix = queryValue(request, 'prefix');
  const [size, after] = [maxBuckets(request), lastName(request)];
  const left = all.filter(({ name }) => name.startsWith(prefix ?? '') && name > after);
  const buckets = left.slice(0, size);
  const last = buckets.at(-1);
  const isCut = last !== undefined && buckets.length < left.length;
  return { buckets, prefix, continuationToken: isCut ? tokenOf(last.name) : undefined };
}

function maxBuckets(request: Pick<S3Request, 'query'>): number {
  const value = queryValue(request, 'max-buckets') || String(MAX_BUCKETS);
  const count = /^\d+$/.test(value) ? Number(value) : 0;
  if (count >= 1 && count <= MAX_BUCKETS) return count;
  throw invalidArgument(
    'max-buckets',
    value,
    `Argument max-buckets must be an integer between 1 and ${MAX_BUCKETS}`,
  );
}

/** A token is the last name of the page before it, which its reader has seen. */
const tokenOf = (name: string): string => Buffer.from(name).toString('base64url');

function lastName(request: Pick<S3Request, 'query'>): string {
  const token = queryValue(request, 'continuation-token');
  if (token === undefined) return '';
  const name = Buffer.from(token, 'base64url').toString();
  if (isBucketName(name)) return name;
  throw invalidArgument('continuation-token', token, 'The continuation token provided is incorrect');
}
