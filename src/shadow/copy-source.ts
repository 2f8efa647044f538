import { discard } from '../s3/body.js';
import { evaluateCopyConditions } from '../s3/conditions.js';
import { copySourceRange, parseCopySource } from '../s3/copy-source.js';
import { S3Error } from '../s3/errors.js';
import { parseHttpDate } from '../s3/http-date.js';
import type { HeaderFields, S3Body, S3Request, S3Response, S3Service } from '../s3/message.js';
import { writeCopyResult } from '../s3/xml/copy.js';
import { ask, isSuccess } from './ask.js';
import type { ShadowContext } from './context.js';
import { type SourceObject, sourceObject } from './copying/source-object.js';

/** What a copy reads, opened. */
export interface CopySource {
  /** Of the range that is asked for. */
  readonly object: SourceObject;
  readonly body: S3Body | undefined;
  /** The store that has it, whatever bucket and version it is asked for. */
  readonly store: S3Service;
}

const COPY_SOURCE = 'x-amz-copy-source';
const CUSTOMER_KEY = 'server-side-encryption-customer-';

/**
 * Opens what x-amz-copy-source names, in the target's backend; or tells how that refused.
 *
 * @throws S3Error PreconditionFailed, InvalidArgument (the range, or the source's name); BackendUnavailable
 */
export async function openCopySource(
  ctx: ShadowContext,
  request: S3Request,
): Promise<CopySource | { refused: S3Response }> {
  const { bucket, key, versionId } = parseCopySource(request.headers[COPY_SOURCE] ?? '');
  const version = versionId === undefined ? [] : ([['versionId', versionId]] as const);
  const store: S3Service = (asked) =>
    ctx.copySources({ ...asked, bucket, query: [...asked.query, ...version] });
  const { signal } = request;
  const answer = await store(ask('GetObject', { key, headers: readingHeaders(request.headers), signal }));
  if (!isSuccess(answer)) return { refused: answer };
  try {
    assertAsCopied(request.headers, answer);
    return { object: sourceObject(key, answer), body: answer.body, store };
  } catch (error) {
    discard(answer.body);
    throw error;
  }
}

/** The header fields of a copy as those of a read of its source. */
function readingHeaders(headers: HeaderFields): HeaderFields {
  const reading: Record<string, string> = { 'accept-encoding': 'identity' };
  for (const [name, value] of Object.entries(headers)) {
    if (name === `${COPY_SOURCE}-range`) reading.range = value;
    if (name === 'x-amz-source-expected-bucket-owner') reading['x-amz-expected-bucket-owner'] = value;
    if (name.startsWith(`${COPY_SOURCE}-${CUSTOMER_KEY}`))
      reading[name.replace(`${COPY_SOURCE}-`, 'x-amz-')] = value;
  }
  return reading;
}

/** Judged here and not by the store, which may know no conditions, or answer a range that it cannot read with all there is. */
function assertAsCopied(headers: HeaderFields, answer: S3Response): void {
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
  Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_A_COPY.test(name)));

/** The answer to a copy that was made by a write of the bytes of `source`. */
export function copyAnswer(
  ctx: ShadowContext,
  name: 'CopyObjectResult' | 'CopyPartResult',
  { answer: written, source }: { answer: S3Response; source: CopySource },
): S3Response {
  const { etag = '', date = '', ...headers } = written.headers;
  discard(written.body);
  const lastModified = new Date(parseHttpDate(date) ?? ctx.clock.now()).toISOString();
  const body = Buffer.from(writeCopyResult({ etag, lastModified }, name));
  const version = source.object.headers['x-amz-version-id'];
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
