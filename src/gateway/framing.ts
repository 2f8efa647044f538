import type { IncomingMessage } from 'node:http';
import type { S3ErrorCode } from '../s3/error-table.js';
import { S3Error } from '../s3/errors.js';
import type { HeaderFields } from '../s3/message.js';

type StartLine = Pick<IncomingMessage, 'httpVersionMajor' | 'httpVersionMinor' | 'url'>;

/** A registered name, an IPv4 address or an IPv6 address in brackets, and a port (RFC 9110, 7.2). */
const HOST = /^(?:[\w.~%!$&'()*+;=-]+|\[[\da-f:.]+\])(?::\d*)?$/i;
const AUTHORITY = /^https?:\/\/([^/?]*)/i;

/**
 * Refuses what Node's parser lets pass and something on the way here might read otherwise: another version of HTTP, no host or two, a target
 * that names another one (RFC 9112, 3.2), a transfer coding that is not taken off, or any in HTTP/1.0 (RFC 9112, 6.1), an expectation that is not
 * met (RFC 9110, 10.1.1), a length that is no exact number.
 *
 * Throws S3Error whose answer closes the connection: BadRequest, EntityTooLarge, NotImplemented, ExpectationFailed.
 */
export function assertWellFramed(startLine: StartLine, fields: HeaderFields): void {
  if (startLine.httpVersionMajor !== 1)
    throw unframed('BadRequest', 'Only HTTP/1.1 and HTTP/1.0 are spoken here.');
  const isOld = startLine.httpVersionMinor === 0;
  assertOneHost(startLine.url ?? '', fields.host, isOld);
  const { 'transfer-encoding': coding, 'content-length': length, expect } = fields;
  // Beyond it two lengths are one number here.
  if (length !== undefined && Number(length) > Number.MAX_SAFE_INTEGER) throw unframed('EntityTooLarge');
  if (coding !== undefined && isOld) throw unframed('BadRequest', 'HTTP/1.0 has no Transfer-Encoding.');
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') throw unframed('NotImplemented');
  if (expect !== undefined && !isOld && expect.toLowerCase() !== '100-continue')
    throw unframed('ExpectationFailed');
}

/** An error of the message itself: nobody can be sure where the next one begins. */
export const unframed = (code: S3ErrorCode, message?: string): S3Error =>
  new S3Error(code, message, { headers: { connection: 'close' } });

function assertOneHost(target: string, host: string | undefined, isOld: boolean): void {
  if (host === undefined && isOld) return;
  if (host === undefined || !HOST.test(host)) {
    throw unframed('BadRequest', 'A request must have one Host header field with the name of one host.');
  }
  // What is signed is the field; what is addressed is the authority.
  const authority = AUTHORITY.exec(target)?.[1];
  if (authority !== undefined && authority.toLowerCase() !== host.toLowerCase()) {
    throw unframed('BadRequest', 'The host of the request target is not that of the Host header field.');
  }
}

const METHODS = ['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'OPTIONS'];

/** Throws MethodNotAllowed for a method that no operation of S3 has (RFC 9110, 15.5.6: the answer says which there are). */
export function assertMethod(method: string): void {
  if (METHODS.includes(method)) return;
  throw new S3Error('MethodNotAllowed', undefined, {
    fields: { Method: method },
    headers: { allow: METHODS.join(', ') },
  });
}
