import { invalidArgument } from '../invalid-argument.js';
import type { S3Request } from '../message.js';
import { hasQuery, queryValue } from '../params.js';
import { present } from '../present.js';
import { type EncodingType, parseEncodingType } from './url-encoding.js';

/** The most entries of one page of a listing; who asks for more gets as many. */
const MAX_PAGE = 1000;

const MAX_INT = 2 ** 31 - 1;

type Query = Pick<S3Request, 'query'>;

/** What ListObjects (1) or ListObjectsV2 (2) asks for. */
export interface ListingQuery {
  readonly version: 1 | 2;
  /** '' for none. */
  readonly prefix: string;
  /** '' for none. */
  readonly delimiter: string;
  /** 0 to 1,000. */
  readonly maxKeys: number;
  readonly encodingType?: EncodingType;
  readonly marker?: string;
  readonly startAfter?: string;
  readonly continuationToken?: string;
  readonly fetchOwner: boolean;
}

/** Throws InvalidArgument, with the ArgumentName and ArgumentValue. */
export function parseListingQuery(request: Query): ListingQuery {
  const v2 = hasQuery(request, 'list-type');
  if (v2) assertListType(request);
  return present<ListingQuery>({
    version: v2 ? 2 : 1,
    prefix: queryValue(request, 'prefix') ?? '',
    delimiter: queryValue(request, 'delimiter') ?? '',
    maxKeys: pageSize(request, 'max-keys'),
    encodingType: parseEncodingType(request),
    marker: v2 ? undefined : queryValue(request, 'marker'),
    startAfter: v2 ? queryValue(request, 'start-after') : undefined,
    continuationToken: v2 ? continuationToken(request) : undefined,
    fetchOwner: !v2 || queryValue(request, 'fetch-owner') === 'true',
  });
}

function assertListType(request: Query): void {
  const value = queryValue(request, 'list-type') ?? '';
  if (value !== '2') throw invalidArgument('list-type', value, 'Invalid List Type specified in Request');
}

function continuationToken(request: Query): string | undefined {
  const value = queryValue(request, 'continuation-token');
  if (value === '') {
    throw invalidArgument('continuation-token', value, 'The continuation token provided is incorrect');
  }
  return value;
}

/** A parameter that has to be 0 to 2,147,483,647; undefined when it is absent or empty. Throws InvalidArgument. */
export function countParameter(request: Query, name: string): number | undefined {
  const value = queryValue(request, name);
  if (!value) return undefined;
  if (!/^-?\d+$/.test(value)) {
    throw invalidArgument(name, value, `Provided ${name} not an integer or within integer range`);
  }
  const count = Number(value);
  if (count >= 0 && count <= MAX_INT) return count;
  throw invalidArgument(name, value, `Argument ${name} must be an integer between 0 and ${MAX_INT}`);
}

/** How many entries a page may have: what the parameter asks for, at most 1,000. Throws InvalidArgument. */
export function pageSize(request: Query, name: string): number {
  return Math.min(countParameter(request, name) ?? MAX_PAGE, MAX_PAGE);
}
