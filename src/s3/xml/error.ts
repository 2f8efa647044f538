import { S3Error } from '../errors.js';
import type { S3Response } from '../message.js';
import { readXml, textOf, type XmlElement, type XmlSource } from './reader.js';
import { element, parent, XML_DECLARATION } from './writer.js';

export interface ErrorContext {
  readonly requestId: string;
  /** The path as the client sent it. */
  readonly resource: string;
  readonly bucket?: string;
  readonly key?: string;
}

/** The answer that an error is (AWS, "REST error responses"). An answer to HEAD has no body, so only the status. */
export function errorResponse(error: S3Error, context: ErrorContext, method: string): S3Response {
  const headers = {
    'content-type': 'application/xml',
    'x-amz-request-id': context.requestId,
    ...error.headers,
  };
  if (method === 'HEAD') return { status: error.status, headers };
  const body = Buffer.from(writeError(error, context));
  return { status: error.status, headers: { ...headers, 'content-length': String(body.length) }, body };
}

function writeError(error: S3Error, { requestId, resource, bucket, key }: ErrorContext): string {
  const fields = {
    Code: error.code,
    Message: error.message,
    ...(bucket ? { BucketName: bucket } : {}),
    ...(key ? { Key: key } : {}),
    ...error.fields,
    Resource: resource,
    RequestId: requestId,
    HostId: 'penumbra',
  };
  const content = Object.entries(fields).map(([name, text]) => element(name, text));
  return XML_DECLARATION + parent('Error', content.join(''));
}

/** What an error says beside its code: its message, and the argument or header field that it names. '' for nothing. */
export function explanationOf(source: XmlSource): string {
  if (readError(source) === undefined) return '';
  const root = readXml(source);
  const texts = ['Message', 'ArgumentName', 'Header'].map((name) => textOf(root, name) ?? '');
  return texts.filter((text) => text !== '').join(' ');
}

export interface ReportedError {
  readonly code: string;
  readonly message: string;
}

/** The error that a document reports; undefined when it is no S3 error, such as a proxy's page of HTML. */
export function readError(source: XmlSource): ReportedError | undefined {
  if (source.length === 0) return undefined;
  try {
    return errorOf(readXml(source));
  } catch (error) {
    if (error instanceof S3Error && error.code === 'MalformedXML') return undefined;
    throw error;
  }
}

/** The error that a root is, if it is one: S3 can answer 200 and then find that it failed. */
export function errorOf(root: XmlElement): ReportedError | undefined {
  const code = root.name === 'Error' ? textOf(root, 'Code') : undefined;
  return code ? { code, message: textOf(root, 'Message') ?? '' } : undefined;
}
