import { parseLength } from '../../../s3/content-length.js';
import { isFieldName, isFieldValue } from '../../../s3/field-value.js';
import type { HttpRequest } from './handler.js';
import { UnsendableRequest } from './http-errors.js';

const PATH = /^[\x21-\x7e]+$/;

/** Methods whose requests are expected to have content: its length is told even where there is none (RFC 9110, 8.6). */
const WITH_CONTENT: ReadonlySet<string> = new Set(['PUT', 'POST', 'PATCH']);

/** As it goes over the wire, in latin1. @throws UnsendableRequest for what would be another request there */
export function requestHead({ method, path, headers, body }: HttpRequest): string {
  if (!PATH.test(path)) throw new UnsendableRequest('a path with what no request line may have');
  let head = `${method} ${path} HTTP/1.1\r\nconnection: keep-alive\r\n`;
  for (const name in headers) {
    const value = headers[name] ?? '';
    if (!isFieldName(name)) throw new UnsendableRequest(`no name of a header field: ${JSON.stringify(name)}`);
    if (!isFieldValue(value)) throw new UnsendableRequest(`header field ${name} has what none may have`);
    head += `${name}: ${value}\r\n`;
  }
  if (body === null && WITH_CONTENT.has(method)) head += 'content-length: 0\r\n';
  return `${head}\r\n`;
}

/** Bytes that its body has to have. @throws UnsendableRequest */
export function announcedLength({ headers, body }: HttpRequest): number {
  if (body === null) return 0;
  const { 'content-length': text = '' } = headers;
  const length = parseLength(text);
  if (length === undefined)
    throw new UnsendableRequest(`a body needs a content-length, not ${JSON.stringify(text)}`);
  if (Buffer.isBuffer(body) && body.length !== length)
    throw new UnsendableRequest('a body of another length');
  return length;
}
