import { assertBucketName } from './buckets.js';
import { S3Error } from './errors.js';
import { hasKeyLength, MAX_KEY_BYTES } from './keys.js';
import type { QueryParameter } from './message.js';

/** What a request is addressed to. */
export interface Address {
  /** '' for the service itself. */
  readonly bucket: string;
  /** Decoded; '' for the bucket itself. */
  readonly key: string;
  /** The path of the request target as it came, without the query. */
  readonly rawPath: string;
  /** The query as it came, without `?`; '' when there is none. */
  readonly rawQuery: string;
  readonly query: readonly QueryParameter[];
}

export interface AddressSource {
  /** The request target as it came (`incoming.url`): never normalised, for `.`, `..` and `//` are parts of a key. */
  readonly rawUrl: string;
  /** The Host field, with or without a port. */
  readonly host: string | undefined;
  /** Buckets are also addressed as `<bucket>.<domain>`; without it as `/bucket` only. */
  readonly domain?: string | undefined;
}

const ABSOLUTE_FORM = /^https?:\/\/([^/?]*)/i;
const VISIBLE_ASCII = /^[!"$-~]*$/;

/**
 * Which bucket and key a request names, path-style or virtual-hosted (AWS, "Virtual hosting of general purpose
 * buckets"). Every byte of the path counts: `/bucket//a` is the key `/a`, `%2F` is a slash, `+` is a plus.
 *
 * Throws S3Error: InvalidURI (a bad escape, no UTF-8, a character that a URI cannot have), InvalidBucketName,
 * KeyTooLongError.
 */
export function parseAddress({ rawUrl, host, domain }: AddressSource): Address {
  const authority = ABSOLUTE_FORM.exec(rawUrl);
  const target = authority ? rawUrl.slice(authority[0].length) : rawUrl;
  const queryAt = target.indexOf('?');
  const rawPath = (queryAt < 0 ? target : target.slice(0, queryAt)) || (authority ? '/' : '');
  const rawQuery = queryAt < 0 ? '' : target.slice(queryAt + 1);
  if (!rawPath.startsWith('/') || !VISIBLE_ASCII.test(target)) throw invalidUri(target);

  // RFC 9112, 3.2.2: the authority of an absolute form replaces the Host field.
  const hostBucket = bucketOfHost(authority?.[1] ?? host ?? '', domain);
  const { bucket, key } = namesOf(rawPath, hostBucket);
  return { bucket, key, rawPath, rawQuery, query: parseQuery(rawQuery) };
}

/** The bucket of a virtual-hosted request; undefined when the host is not below the domain. */
export function bucketOfHost(host: string, domain: string | undefined): string | undefined {
  if (!domain) return undefined;
  const name = host.replace(/:\d*$/, '').toLowerCase();
  const suffix = `.${domain.toLowerCase()}`;
  return name.endsWith(suffix) ? name.slice(0, -suffix.length) : undefined;
}

function namesOf(rawPath: string, hostBucket: string | undefined): { bucket: string; key: string } {
  if (rawPath === '/' && hostBucket === undefined) return { bucket: '', key: '' };
  const keyAt = hostBucket === undefined ? rawPath.indexOf('/', 1) : 0;
  const bucket = hostBucket ?? decode(keyAt < 0 ? rawPath.slice(1) : rawPath.slice(1, keyAt));
  const key = keyAt < 0 ? '' : decode(rawPath.slice(keyAt + 1));
  assertBucketName(bucket);
  assertKeyLength(key);
  return { bucket, key };
}

/** Throws KeyTooLongError for a key of more than 1,024 bytes of UTF-8, with `message` where S3's own does not tell why. */
export function assertKeyLength(key: string, message?: string): void {
  if (hasKeyLength(key)) return;
  const fields = { Size: String(Buffer.byteLength(key)), MaxSizeAllowed: String(MAX_KEY_BYTES) };
  throw new S3Error('KeyTooLongError', message, { fields });
}

/**
 * Splits and decodes a query; order and duplicates are kept. `+` is a space, as S3 reads HTML form encoding: clients
 * write a plus as `%2B`, and both sides sign a space as `%20`. Throws InvalidURI.
 */
export function parseQuery(rawQuery: string): QueryParameter[] {
  if (rawQuery === '') return [];
  return rawQuery
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const equals = pair.indexOf('=');
      if (equals < 0) return [decodeForm(pair), ''];
      return [decodeForm(pair.slice(0, equals)), decodeForm(pair.slice(equals + 1))];
    });
}

function decodeForm(raw: string): string {
  return decode(raw.replaceAll('+', ' '));
}

/** Percent-decodes; refuses what is not UTF-8, so that no two paths become one key. */
function decode(raw: string): string {
  if (!raw.includes('%')) return raw;
  try {
    return decodeURIComponent(raw);
  } catch (cause) {
    throw invalidUri(raw, cause);
  }
}

function invalidUri(uri: string, cause?: unknown): S3Error {
  return new S3Error('InvalidURI', undefined, { fields: { URI: uri }, cause });
}
