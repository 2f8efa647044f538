import type { IncomingMessage, ServerResponse } from 'node:http';
import { S3Error } from '../s3/errors.js';
import type { HeaderFields, S3Request } from '../s3/message.js';
import type { OperationName } from '../s3/operations.js';
import { verifiedBody } from '../s3/payload/verified-body.js';
import type { VerifiedSignature } from '../s3/sigv4/verify.js';
import type { Clock } from '../system/clock.js';
import { askForBody, watchBody } from './request-body.js';
import { forwardedFields, type RequestHead } from './request-head.js';

export interface OpenRequestOptions {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly head: RequestHead;
  readonly verified: VerifiedSignature | undefined;
  /** Fields that replace the client's. */
  readonly fields: HeaderFields | undefined;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/** They are asked for by POST or PUT and mean something without a body. */
const WITHOUT_BODY: ReadonlySet<OperationName> = new Set([
  'CopyObject',
  'CreateBucket',
  'CreateMultipartUpload',
  'RenameObject',
  'UploadPartCopy',
]);

/** Their checksum is kept with what they store, so it is sent on although it comes after the body. */
const TRAILED: ReadonlySet<OperationName> = new Set(['PutObject', 'UploadPart']);

const HEX_SHA256 = /^[0-9a-f]{64}$/;

/**
 * The request that a service gets; it has no `content-length` where nobody can know it before the body has ended.
 * Throws S3Error MissingContentLength when there is no body where one is needed, and what verifiedBody throws.
 */
export function openRequest(options: OpenRequestOptions): S3Request {
  const { head, signal } = options;
  const headers = Object.assign(forwardedFields(head.fields), options.fields);
  const { operation, method, address, query } = head;
  const request = { operation, method, bucket: address.bucket, key: address.key, query, headers, signal };
  return expectsBody(head) ? Object.assign(request, openBody(options, headers)) : request;
}

function expectsBody({ method, operation, fields }: RequestHead): boolean {
  if (method !== 'PUT' && method !== 'POST') return false;
  const isAnnounced = fields['content-length'] !== undefined || fields['transfer-encoding'] !== undefined;
  if (!isAnnounced && !WITHOUT_BODY.has(operation)) throw new S3Error('MissingContentLength');
  return isAnnounced;
}

function openBody({ incoming, outgoing, head, verified, clock }: OpenRequestOptions, headers: HeaderFields) {
  const { operation, fields } = head;
  const announced = fields['content-length'];
  const { body, contentLength, trailers } = verifiedBody(incoming, {
    headers: fields,
    verified,
    contentLength: announced === undefined ? undefined : Number(announced),
    checksumOf: operation === 'CompleteMultipartUpload' ? 'object' : 'body',
  });
  watchBody(incoming, body, clock);
  askForBody(incoming, outgoing);
  const hash = fields['x-amz-content-sha256'];
  const described: Record<string, string> = Object.assign({}, headers);
  if (contentLength !== undefined) described['content-length'] = String(contentLength);
  if (hash !== undefined && HEX_SHA256.test(hash)) described['x-amz-content-sha256'] = hash;
  const announcedTrailer = TRAILED.has(operation) ? fields['x-amz-trailer']?.trim().toLowerCase() : undefined;
  return { headers: described, body, trailers, ...(announcedTrailer !== undefined && { announcedTrailer }) };
}
