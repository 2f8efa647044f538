import { collect } from '../s3/body.js';
import { S3Error } from '../s3/errors.js';
import { encodeKey } from '../s3/keys.js';
import type { HeaderFields, S3Request, S3Response } from '../s3/message.js';
import type { OperationName } from '../s3/operations.js';
import { escapeXml } from '../s3/xml/escape.js';
import { isProvenance, shownAs } from '../shadow/copying/provenance.js';
import { isFound, SOURCE } from '../shadow/source.js';

/** What x-amz-id-2 and HostId say: which host answered is nobody's business. */
export const HOST_ID = 'penumbra';

/** What a client is to read in place of what the backend calls itself. */
export interface ClientView {
  readonly requestId: string;
  /** The path as the client sent it. */
  readonly resource: string;
  /** Scheme, host and port that the client uses. */
  readonly origin: string;
  /** Where the client finds the objects of the bucket: `<bucketUrl>/<key>`. */
  bucketUrl(): string;
  readonly targetBucket: string;
}

/** Fields that speak of the backend's host, its connection or its own number for the request. */
const NOT_PASSED_ON = new Set([
  'alt-svc',
  'connection',
  'date',
  'keep-alive',
  'location',
  'server',
  'set-cookie',
  'strict-transport-security',
  'transfer-encoding',
  'via',
  'x-amz-id-2',
  'x-amz-request-id',
]);

/** They say where the object was found. */
const READS: ReadonlySet<OperationName> = new Set(['GetObject', 'HeadObject']);

/** Answers of success that name the bucket, and where. */
const NAMING_THE_BUCKET: ReadonlyMap<OperationName, string> = new Map([
  ['ListObjects', 'Name'],
  ['ListObjectsV2', 'Name'],
  ['ListObjectVersions', 'Name'],
  ['ListMultipartUploads', 'Bucket'],
  ['ListParts', 'Bucket'],
  ['CreateMultipartUpload', 'Bucket'],
]);

/** They may report an error after status 200, when it comes late (AWS, CompleteMultipartUpload and CopyObject). */
export const LATE_ERRORS: ReadonlySet<OperationName> = new Set([
  'CompleteMultipartUpload',
  'CopyObject',
  'UploadPartCopy',
]);

/** A page of 1,000 keys of 1,024 bytes, each byte escaped, is below 8 MiB. */
const MAX_XML_BYTES = 16 * 1024 * 1024;

/**
 * A backend's answer as the client may see it: changed only where it names the backend's bucket, its host or its
 * request id. Bounded XML alone is read; the bytes of objects pass as they come.
 */
export async function rewriteAnswer(
  response: S3Response,
  request: S3Request,
  view: ClientView,
): Promise<S3Response> {
  const headers = passedOn(response.headers);
  // An object that no shadow was asked for is the target's.
  if (READS.has(request.operation) && isFound(response.status)) headers[SOURCE] ??= 'target';
  const elements = elementsToRewrite(response.status, request, view);
  if (elements === undefined || response.body === undefined || 'content-encoding' in headers) {
    return { status: response.status, headers, ...(response.body && { body: response.body }) };
  }
  const xml = (await collect(response.body, MAX_XML_BYTES, tooLong)).toString();
  const body = Buffer.from(replaceElements(xml, elements));
  return { ...response, headers: { ...headers, 'content-length': String(body.length) }, body };
}

function passedOn(headers: HeaderFields): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined || NOT_PASSED_ON.has(name)) continue;
    const shown = isProvenance(name) ? shownAs(name) : name;
    if (shown !== undefined) kept[shown] = value;
  }
  return kept;
}

type Elements = Readonly<Record<string, string>>;

function elementsToRewrite(status: number, request: S3Request, view: ClientView): Elements | undefined {
  if (status >= 300 && status !== 304) return inErrors(request, view);
  if (LATE_ERRORS.has(request.operation)) {
    const Location = `${view.bucketUrl()}/${encodeKey(request.key)}`;
    return { ...inErrors(request, view), Location, Bucket: request.bucket };
  }
  const element = NAMING_THE_BUCKET.get(request.operation);
  if (element === undefined || view.targetBucket === request.bucket) return undefined;
  return { [element]: request.bucket };
}

function inErrors({ bucket }: S3Request, { requestId, resource, origin }: ClientView): Elements {
  return {
    BucketName: bucket,
    Resource: resource,
    RequestId: requestId,
    HostId: HOST_ID,
    Endpoint: origin.replace(/^https?:\/\//, ''),
  };
}

/** Each of them stands at most once in an answer; a `<` inside of a text is always escaped. */
function replaceElements(xml: string, elements: Elements): string {
  return Object.entries(elements).reduce((text, [name, value]) => {
    const opened = `<${name}>`;
    const start = text.indexOf(opened);
    if (start < 0) return text;
    const contentAt = start + opened.length;
    return text.slice(0, contentAt) + escapeXml(value) + text.slice(text.indexOf('<', contentAt));
  }, xml);
}

function tooLong(): S3Error {
  return new S3Error('InternalError', `The backend answered more than ${MAX_XML_BYTES} bytes of XML.`);
}
