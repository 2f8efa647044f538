import { evaluateConditions, rangeStillApplies } from '../../s3/conditions.js';
import { S3Error } from '../../s3/errors.js';
import { formatHttpDate } from '../../s3/http-date.js';
import { invalidArgument } from '../../s3/invalid-argument.js';
import type { HeaderFields, S3Request, S3Response } from '../../s3/message.js';
import { queryValue } from '../../s3/params.js';
import { type ByteRange, formatContentRange, parseRange } from '../../s3/ranges.js';
import { responseOverrides } from '../../s3/response-overrides.js';
import { parsePartNumber } from '../../s3/xml/multipart.js';
import { checksumFields } from './checksum-fields.js';
import { findObject, preconditionFailed, versionOf } from './find-object.js';
import type { Handler, Operation } from './operation.js';
import type { ObjectRecord } from './records.js';

/** GetObject. Throws NoSuchKey, NoSuchVersion, PreconditionFailed, InvalidRange, InvalidPartNumber, InvalidArgument. */
export const getObject: Handler = async (operation) => {
  for (;;) {
    const { object, answer, range } = describe(operation);
    if (!range) return answer;
    // Undefined when the object was replaced since it was found: then the new one is the answer.
    const body = await operation.bucket.contents.read(object.content, range);
    if (body) return { status: answer.status, headers: answer.headers, body };
  }
};

/** HeadObject: what GetObject answers, but for the body. */
export const headObject: Handler = async (operation) => describe(operation).answer;

interface Description {
  readonly object: ObjectRecord;
  readonly answer: S3Response;
  /** The bytes that a GET has to send; undefined when there are none. */
  readonly range?: ByteRange;
}

function describe({ request, bucket }: Operation): Description {
  const object = findObject(bucket, request.key, versionOf(request));
  const outcome = evaluateConditions(request, object);
  if (outcome === 'precondition-failed') throw preconditionFailed(request.headers);
  if (outcome === 'not-modified') return { object, answer: { status: 304, headers: validators(object) } };
  const part = partAsked(request);
  return part === undefined
    ? describeRange(request, object)
    : describePart(request, object, partRange(part, object, bucket.contents));
}

function describeRange(request: S3Request, object: ObjectRecord): Description {
  const header = rangeStillApplies(request.headers, object) ? request.headers.range : undefined;
  const range = parseRange(header, object.size);
  if (range === 'unsatisfiable') throw invalidRange(header ?? '', object.size);
  return range ? partial(request, object, range) : whole(request, object);
}

function describePart(request: S3Request, object: ObjectRecord, range: ByteRange): Description {
  const { answer, ...description } =
    object.size === 0 ? whole(request, object) : partial(request, object, range);
  const count = object.partsCount === undefined ? {} : { 'x-amz-mp-parts-count': String(object.partsCount) };
  return { ...description, answer: { status: 206, headers: { ...answer.headers, ...count } } };
}

function whole(request: S3Request, object: ObjectRecord): Description {
  const headers = objectFields(request, object);
  headers['content-length'] = String(object.size);
  if (request.headers['x-amz-checksum-mode'] === 'ENABLED')
    Object.assign(headers, checksumFields(object.checksums, object.checksumType));
  return { object, answer: { status: 200, headers }, range: { start: 0, end: object.size - 1 } };
}

function partial(request: S3Request, object: ObjectRecord, range: ByteRange): Description {
  const headers = objectFields(request, object);
  headers['content-length'] = String(range.end - range.start + 1);
  headers['content-range'] = formatContentRange(range, object.size);
  return { object, answer: { status: 206, headers }, range };
}

/** To be added to. */
function objectFields(request: S3Request, object: ObjectRecord): Record<string, string> {
  const fields: Record<string, string> = Object.assign({}, object.headers, validators(object));
  fields['accept-ranges'] = 'bytes';
  if (object.tagging) fields['x-amz-tagging-count'] = String(object.tagging.split('&').length);
  return Object.assign(fields, responseOverrides(request));
}

function validators({ etag, lastModified }: ObjectRecord): HeaderFields {
  return { etag, 'last-modified': formatHttpDate(lastModified) };
}

function partAsked(request: S3Request): number | undefined {
  const value = queryValue(request, 'partNumber');
  if (value === undefined) return undefined;
  if (request.headers.range === undefined) return parsePartNumber(value);
  throw invalidArgument(
    'partNumber',
    value,
    'Cannot specify both Range header and partNumber query parameter',
  );
}

function partRange(part: number, object: ObjectRecord, contents: Operation['bucket']['contents']): ByteRange {
  if (part > (object.partsCount ?? 1)) throw new S3Error('InvalidPartNumber');
  if (object.partsCount === undefined) return { start: 0, end: object.size - 1 };
  const sizes = contents.partSizes(object.content);
  const start = sizes.slice(0, part - 1).reduce((sum, size) => sum + size, 0);
  return { start, end: start + (sizes[part - 1] ?? 0) - 1 };
}

function invalidRange(header: string, size: number): S3Error {
  return new S3Error('InvalidRange', undefined, {
    fields: { RangeRequested: header, ActualObjectSize: String(size) },
    headers: { 'content-range': `bytes */${size}` },
  });
}
