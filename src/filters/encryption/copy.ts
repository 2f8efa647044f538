import { collect, discard } from '../../s3/body.js';
import {
  assertAsCopied,
  CHANGES_OF_A_COPY,
  copyAnswer,
  headersOfCopy,
  isMetadata,
  readingHeaders,
  withoutCopySource,
} from '../../s3/copied-object.js';
import { assertChanges, type CopySource, parseCopySource } from '../../s3/copy-source.js';
import { S3Error } from '../../s3/errors.js';
import { fieldsOf } from '../../s3/fields.js';
import type { HeaderFields, S3Request, S3Response } from '../../s3/message.js';
import { formatTaggingHeader, readTagging } from '../../s3/xml/tagging.js';
import { withoutChecksums } from './answers.js';
import type { EncryptionContext } from './context.js';
import { readObject } from './read.js';
import { putObject, uploadPart } from './write.js';

/** The longest source of a copy in one request (AWS, CopyObject). */
const MAX_COPY = 5 * 1024 ** 3;
/** Longer than any object's tags. */
const MAX_TAGGING = 64 * 1024;

/** CopyObject. An object's bytes are bound to its name, so they are read, decrypted, encrypted anew and written, as a stream. */
export async function copyObject(ctx: EncryptionContext, request: S3Request): Promise<S3Response> {
  const from = sourceOf(request);
  if (from.bucket === request.bucket && from.key === request.key && from.versionId === undefined)
    assertChanges(request.headers, CHANGES_OF_A_COPY);
  return copied(ctx, request, from, {
    as: 'CopyObjectResult',
    async write(source) {
      const { headers } = source;
      const metadata = fieldsOf(headers, isMetadata);
      const tagging = () => taggingOf(ctx, readOf(request, from), headers);
      const belongings = await headersOfCopy(request.headers, { metadata, tagging });
      return putObject(ctx, asWrite(request, source, { ...belongings, ...checksumOf(headers) }));
    },
  });
}

/** UploadPartCopy. */
export async function uploadPartCopy(ctx: EncryptionContext, request: S3Request): Promise<S3Response> {
  const write = async (source: S3Response) =>
    uploadPart(ctx, {
      ...asWrite(request, source, withoutCopySource(request.headers)),
      operation: 'UploadPart',
    });
  return copied(ctx, request, sourceOf(request), { as: 'CopyPartResult', write });
}

interface Copying {
  readonly as: 'CopyObjectResult' | 'CopyPartResult';
  /** Writes what the answer to the read of the source has. */
  write(source: S3Response): Promise<S3Response>;
}

async function copied(
  ctx: EncryptionContext,
  request: S3Request,
  from: CopySource,
  { as, write }: Copying,
): Promise<S3Response> {
  const source = await readObject(ctx, readOf(request, from));
  if (source.status !== 200 && source.status !== 206) return source;
  try {
    assertAsCopied(request.headers, source);
    assertLength(source);
    const answer = await write(source);
    if (answer.status !== 200) return answer;
    discard(answer.body);
    return copyAnswer(as, { answer, sourceHeaders: source.headers, now: ctx.clock.now() });
  } finally {
    discard(source.body);
  }
}

const sourceOf = ({ headers }: S3Request): CopySource => parseCopySource(headers['x-amz-copy-source'] ?? '');

const readOf = ({ headers, signal }: S3Request, { bucket, key, versionId }: CopySource): S3Request => ({
  operation: 'GetObject',
  method: 'GET',
  bucket,
  key,
  query: versionId === undefined ? [] : [['versionId', versionId]],
  headers: { ...readingHeaders(headers), 'x-amz-checksum-mode': 'ENABLED' },
  signal,
});

function assertLength({ headers }: S3Response): void {
  if (Number(headers['content-length']) <= MAX_COPY) return;
  throw new S3Error(
    'InvalidRequest',
    `The specified copy source is larger than the maximum allowable size for a copy source: ${MAX_COPY}`,
  );
}

function asWrite(request: S3Request, source: S3Response, headers: HeaderFields): S3Request {
  const length = source.headers['content-length'] ?? '';
  const body = length === '0' || source.body === undefined ? Buffer.alloc(0) : source.body;
  return { ...request, operation: 'PutObject', headers: { ...headers, 'content-length': length }, body };
}

/** That of all bytes of the source is the copy's, too; taken over, it is judged on the way. */
function checksumOf(headers: HeaderFields): HeaderFields {
  if (headers['x-amz-checksum-type'] !== 'FULL_OBJECT') return {};
  const others = withoutChecksums(headers);
  return fieldsOf(headers, (name) => !(name in others) && name !== 'x-amz-checksum-type');
}

/** @throws S3Error ServiceUnavailable when the tags cannot be read */
async function taggingOf(
  ctx: EncryptionContext,
  read: S3Request,
  source: HeaderFields,
): Promise<HeaderFields> {
  if (Number(source['x-amz-tagging-count'] ?? 0) === 0) return {};
  const query = [...read.query, ['tagging', '']] as const;
  const answer = await ctx.store({ ...read, operation: 'GetObjectTagging', query, headers: {} });
  const document = await collect(answer.body, MAX_TAGGING);
  if (answer.status === 200) return { 'x-amz-tagging': formatTaggingHeader(readTagging(document)) };
  throw new S3Error('ServiceUnavailable', `The tags of the copy source were answered ${answer.status}.`);
}
