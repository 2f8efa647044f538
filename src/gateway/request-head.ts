import type { IncomingMessage } from 'node:http';
import { SHADOW_OF } from '../filters/shadow-marker.js';
import { type Address, parseAddress } from '../s3/address.js';
import { storedEncoding } from '../s3/content-encoding.js';
import { fieldValue } from '../s3/field-value.js';
import { type HeaderFields, HOP_BY_HOP, OF_ONE_SENDER, type QueryParameter } from '../s3/fields.js';
import { type OperationName, operationOf } from '../s3/operations.js';
import { isPresigned } from '../s3/sigv4/query-claim.js';
import { isProvenance } from '../shadow/copying/provenance.js';
import { assertMethod, assertWellFramed } from './framing.js';

/** A request up to its body: what it is signed over, and what it asks for. */
export interface RequestHead {
  readonly method: string;
  readonly address: Address;
  /** Every field as it came: what a signature covers. */
  readonly received: HeaderFields;
  /** The same, and the fields that a presigned URL carries in its query. */
  readonly fields: HeaderFields;
  readonly operation: OperationName;
  /** The query without what belongs to the signature. */
  readonly query: readonly QueryParameter[];
}

/** The parameters that make the signature of a presigned URL (AWS, "Authenticating Requests: Using Query Parameters"). */
const SIGNATURE_PARAMETERS = new Set([
  'X-Amz-Algorithm',
  'X-Amz-Credential',
  'X-Amz-Date',
  'X-Amz-Expires',
  'X-Amz-Security-Token',
  'X-Amz-Signature',
  'X-Amz-SignedHeaders',
]);

/**
 * To what trace a request belongs (W3C, Trace Context and Baggage). What is sent on is signed, and on the way to a store another may rewrite these: then its signature would
 * no longer hold.
 */
const TRACE_CONTEXT = ['traceparent', 'tracestate', 'baggage'] as const;

/** What belongs to one connection (RFC 9110, 7.6.1), to one signature, or to this gateway's own site; provenance is no client's either. */
const NOT_FORWARDED: ReadonlySet<string> = new Set([
  ...HOP_BY_HOP,
  ...OF_ONE_SENDER,
  'content-encoding',
  'content-length',
  'cookie',
  'date',
  SHADOW_OF,
  ...TRACE_CONTEXT,
]);

/**
 * Reads the raw request target and header fields. Throws S3Error when no bucket or key can be made of them, or the message is one that another
 * might read otherwise.
 */
export function readHead(incoming: IncomingMessage, domain: string | undefined): RequestHead {
  const method = incoming.method ?? '';
  const received = joinFields(incoming.rawHeaders);
  assertWellFramed(incoming, received);
  assertMethod(method);
  const address = parseAddress({ rawUrl: incoming.url ?? '', host: received.host, domain });
  const { fields, query } = splitQuery(address.query, received);
  const operation = operationOf({ method, bucket: address.bucket, key: address.key, query, headers: fields });
  return { method, address, received, fields, operation, query };
}

/** The fields that go on to a service; those that describe the body are added with it. */
export function forwardedFields(fields: HeaderFields): Record<string, string> {
  const forwarded: Record<string, string> = {};
  const named = fields.connection === undefined ? [] : listedFields(fields.connection);
  for (const name in fields) {
    const value = fields[name];
    if (value === undefined || NOT_FORWARDED.has(name) || isProvenance(name) || named.includes(name))
      continue;
    forwarded[name] = value;
  }
  const encoding = storedEncoding(fields['content-encoding']);
  if (encoding) forwarded['content-encoding'] = encoding;
  return forwarded;
}

/**
 * Names are whatever a client sent, so the record has no prototype that one could name. A field that came twice is joined as it is signed, and kept by S3,
 * with nothing but a comma.
 */
function joinFields(rawHeaders: readonly string[]): HeaderFields {
  const fields: Record<string, string> = Object.create(null);
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? '').toLowerCase();
    const value = rawHeaders[i + 1] ?? '';
    const earlier = fields[name];
    fields[name] = earlier === undefined ? value : `${earlier},${value}`;
  }
  return fields;
}

/** Of a body that its signer did not have: S3 passes over them in a URL, where SDKs put the checksum of no bytes. */
const CHECKSUM = /^x-amz-(?:checksum-|sdk-checksum-)/i;

/** S3 reads an x-amz-* parameter of a presigned URL as the header field that its signer moved there. */
function splitQuery(query: readonly QueryParameter[], received: HeaderFields) {
  if (!isPresigned(query)) return { fields: received, query };
  const fields: Record<string, string> = Object.assign(Object.create(null), received);
  const rest: QueryParameter[] = [];
  for (const parameter of query) {
    const [name, value] = parameter;
    if (SIGNATURE_PARAMETERS.has(name) || CHECKSUM.test(name)) continue;
    if (/^x-amz-/i.test(name)) fields[name.toLowerCase()] ??= fieldValue(name, value);
    else rest.push(parameter);
  }
  return { fields, query: rest };
}

function listedFields(value: string): string[] {
  return value.split(',').map((name) => name.trim().toLowerCase());
}
