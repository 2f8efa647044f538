import { evaluateCopyConditions } from './conditions.js';
import { copySourceRange, directiveOf } from './copy-source.js';
import { S3Error } from './errors.js';
import { fieldsOf } from './fields.js';
import { parseHttpDate } from './http-date.js';
import type { HeaderFields, S3Response } from './message.js';
import { writeCopyResult } from './xml/copy.js';

// CopyObject and UploadPartCopy by who reads the source and writes it anew.

const COPY_SOURCE = 'x-amz-copy-source';
const CUSTOMER_KEY = 'server-side-encryption-customer-';

/** The header fields of a copy as those of a read of its source. */
export function readingHeaders(headers: HeaderFields): HeaderFields {
  const reading: Record<string, string> = { 'accept-encoding': 'identity' };
  for (const [name, value] of Object.entries(headers)) {
    if (name === `${COPY_SOURCE}-range`) reading.range = value;
    if (name === 'x-amz-source-expected-bucket-owner') reading['x-amz-expected-bucket-owner'] = value;
    if (name.startsWith(`${COPY_SOURCE}-${CUSTOMER_KEY}`))
      reading[name.replace(`${COPY_SOURCE}-`, 'x-amz-')] = value;
  }
  return reading;
}

/**
 * Judged here and not by the store, which may know no conditions, or answer a range that it cannot read with all there is.
 *
 * @throws S3Error PreconditionFailed, InvalidArgument (the range)
 */
export function assertAsCopied(headers: HeaderFields, answer: Pick<S3Response, 'headers'>): void {
  const { etag = '', 'last-modified': modified = '' } = answer.headers;
  const found = { etag, lastModified: parseHttpDate(modified) ?? 0 };
  if (evaluateCopyConditions(headers, found) !== 'proceed') throw new S3Error('PreconditionFailed');
  const length = Number(answer.headers['content-length']);
  const size = Number(answer.headers['content-range']?.split('/')[1] ?? length);
  const { start, end } = copySourceRange(headers, size);
  if (end - start + 1 !== length)
    throw new S3Error('ServiceUnavailable', 'The copy source was not answered as asked.');
}

/** What only a copy is told, and the hashes of its own body, which is empty. */
const OF_A_COPY =
  /^x-amz-(?:copy-source|metadata-directive$|tagging-directive$|source-expected-bucket-owner$|checksum-algorithm$|content-sha256$)|^content-md5$/;

/** What a write has of the header fields of a copy. */
export const withoutCopySource = (headers: HeaderFields): HeaderFields =>
  fieldsOf(headers, (name) => !OF_A_COPY.test(name));

const REDIRECT = 'x-amz-website-redirect-location';

/** Changes, for a copy of an object onto itself (AWS, CopyObject). */
export const CHANGES_OF_A_COPY = ['x-amz-storage-class', REDIRECT, 'x-amz-server-side-encryption'];

/** System metadata that S3 keeps with an object (Amazon S3 User Guide, "Working with object metadata"). */
const KEPT_HEADERS = [
  'content-type',
  'cache-control',
  'content-disposition',
  'content-language',
  'expires',
  REDIRECT,
];

/** How the names of user metadata begin. */
export const USER_METADATA = 'x-amz-meta-';

/** Whether a header field is metadata that S3 keeps with an object. */
export const isMetadata = (name: string): boolean =>
  KEPT_HEADERS.includes(name) || name === 'content-encoding' || name.startsWith(USER_METADATA);

/** What the source of a CopyObject has beside its bytes, as header fields of a write. */
export interface CopiedBelongings {
  readonly metadata: HeaderFields;
  tagging(): Promise<HeaderFields>;
}

/** Metadata and tags are the source's unless the request says REPLACE; a redirect is never copied (AWS, CopyObject). @throws S3Error InvalidArgument */
export async function headersOfCopy(headers: HeaderFields, source: CopiedBelongings): Promise<HeaderFields> {
  const copiesMetadata = directiveOf(headers, 'x-amz-metadata-directive') === 'COPY';
  const copiesTags = directiveOf(headers, 'x-amz-tagging-directive') === 'COPY';
  const own = fieldsOf(
    withoutCopySource(headers),
    (name) => !(copiesMetadata && isCopied(name)) && !(copiesTags && name === 'x-amz-tagging'),
  );
  return {
    ...own,
    ...(copiesMetadata && fieldsOf(source.metadata, isCopied)),
    ...(copiesTags && (await source.tagging())),
  };
}

const isCopied = (name: string): boolean => isMetadata(name) && name !== REDIRECT;

/** A copy that was made by a write of the bytes of its source. */
export interface WrittenCopy {
  /** To the write. */
  readonly answer: S3Response;
  /** Of the source. */
  readonly sourceHeaders: HeaderFields;
  /** Unix ms. */
  readonly now: number;
}

/** The answer to it. */
export function copyAnswer(
  name: 'CopyObjectResult' | 'CopyPartResult',
  { answer, sourceHeaders, now }: WrittenCopy,
): S3Response {
  const { etag = '', date = '', ...headers } = answer.headers;
  const lastModified = new Date(parseHttpDate(date) ?? now).toISOString();
  const body = Buffer.from(writeCopyResult({ etag, lastModified }, name));
  const version = sourceHeaders['x-amz-version-id'];
  return {
    status: 200,
    headers: {
      ...headers,
      ...(version !== undefined && { 'x-amz-copy-source-version-id': version }),
      'content-type': 'application/xml',
      'content-length': String(body.length),
    },
    body,
  };
}
