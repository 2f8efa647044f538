import { CHECKSUM_HEADERS } from '../../s3/checksums.js';
import { S3Error } from '../../s3/errors.js';
import { fieldsOf } from '../../s3/fields.js';
import type { HeaderFields, S3Request, S3Response } from '../../s3/message.js';
import { queryValue } from '../../s3/params.js';
import { checksumCheck, md5Check, type PayloadCheck } from '../../s3/payload/checks.js';
import { parsePartNumber } from '../../s3/xml/multipart.js';
import { OPAQUE_ETAG, withoutChecksums } from './answers.js';
import type { EncryptionContext } from './context.js';
import { NO_UPLOAD, type RecordHeader, storedSize } from './format.js';
import { dataKey, uploadMark } from './keys.js';
import { keptChecksum, markFields, withClientMark } from './mark.js';
import { sealBody } from './seal.js';
import { innerUploadId, withInnerId, withOuterIds } from './upload-ids.js';

const SALT_BYTES = 16;

/** PutObject. What the client claims of the bytes is judged before the last of them goes out, and not sent on: the store gets others. */
export async function putObject(ctx: EncryptionContext, request: S3Request): Promise<S3Response> {
  if (request.headers['x-amz-write-offset-bytes'] !== undefined) throw appended();
  const salt = ctx.random(SALT_BYTES);
  const [{ keyId }] = ctx.keys;
  const marked = { ...markFields({ keyId, salt }), ...keptChecksum(request.headers) };
  return sendSealed(ctx, request, { header: { salt, upload: NO_UPLOAD, part: 0 }, fields: marked });
}

const appended = (): S3Error =>
  new S3Error('NotImplemented', 'Nothing can be appended to an object that is encrypted by the gateway.');

/** CreateMultipartUpload. */
export async function createUpload(ctx: EncryptionContext, request: S3Request): Promise<S3Response> {
  const [{ keyId }] = ctx.keys;
  const headers = {
    ...storedFields(request.headers),
    ...markFields({ keyId, salt: undefined }),
  };
  const answer = await ctx.store({ ...request, headers });
  return answer.status === 200 ? withOuterIds(encrypted(answer)) : answer;
}

/** UploadPart: a write of its own, with its own salt, also when it is sent again. An upload that was not begun here gets its parts as they are. */
export async function uploadPart(ctx: EncryptionContext, request: S3Request): Promise<S3Response> {
  const uploadId = innerUploadId(request);
  if (uploadId === undefined) return foreignUpload(ctx, request);
  const part = parsePartNumber(queryValue(request, 'partNumber') ?? '');
  const header = { salt: ctx.random(SALT_BYTES), upload: uploadMark(uploadId), part };
  return sendSealed(ctx, withInnerId(request), { header, fields: {} });
}

/** Of an upload that was begun before the backend was encrypted. */
export function foreignUpload(ctx: EncryptionContext, request: S3Request): Promise<S3Response> {
  if (!ctx.strict) return ctx.store(request);
  const fields = { UploadId: queryValue(request, 'uploadId') ?? '' };
  throw new S3Error('NoSuchUpload', undefined, { fields });
}

interface Sealing {
  readonly header: Pick<RecordHeader, 'salt' | 'upload' | 'part'>;
  /** What is stored with it. */
  readonly fields: HeaderFields;
}

async function sendSealed(
  ctx: EncryptionContext,
  { trailers, announcedTrailer: _, ...request }: S3Request,
  { header, fields }: Sealing,
): Promise<S3Response> {
  const length = request.body === undefined ? 0 : Number(request.headers['content-length']);
  if (!Number.isSafeInteger(length)) throw new S3Error('MissingContentLength');
  const body = sealBody(request.body ?? Buffer.alloc(0), {
    ...header,
    length,
    dataKey: dataKey(ctx.keys[0], header.salt, request.key),
    checks: checksOf(request.headers),
  });
  const headers = {
    ...storedFields(request.headers),
    ...fields,
    'content-length': String(storedSize(length)),
  };
  const answer = await ctx.store({ ...request, headers, body });
  return answer.status === 200 ? encrypted(answer, { ...request.headers, ...trailers?.() }) : answer;
}

const checksOf = (headers: HeaderFields): PayloadCheck[] => {
  const md5 = headers['content-md5'];
  return [md5 === undefined ? undefined : md5Check(md5), checksumCheck(headers)].filter(
    (check) => check !== undefined,
  );
};

const BODY_CLAIMS =
  /^(?:content-md5|x-amz-content-sha256|x-amz-sdk-checksum-algorithm|x-amz-trailer|x-amz-checksum-.*)$/;

/** What is said of bytes that the store does not get. */
export const withoutBodyClaims = (headers: HeaderFields): HeaderFields =>
  fieldsOf(headers, (name) => !BODY_CLAIMS.test(name));

const SSE = 'x-amz-server-side-encryption';

/** The fields of a write for the store. Encryption under nobody's key in particular is what the answers say that there is: it is not asked of the store as well. */
function storedFields(headers: HeaderFields): HeaderFields {
  const { [SSE]: asked, ...others } = withoutBodyClaims(withClientMark(headers));
  const isDone = asked === OPAQUE_ETAG[SSE] && others[`${SSE}-aws-kms-key-id`] === undefined;
  return asked === undefined || isDone ? others : { ...others, [SSE]: asked };
}

/** A store's answer to a write; of the checksums those that the client gave. */
export function encrypted(answer: S3Response, given: HeaderFields = {}): S3Response {
  const told = Object.values(CHECKSUM_HEADERS).flatMap((name) => {
    const value = given[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const headers = { ...withoutChecksums(answer.headers), ...Object.fromEntries(told), ...OPAQUE_ETAG };
  return { ...answer, headers };
}
