import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { S3Error } from '../s3/errors.js';
import { errorResponse } from '../s3/xml/error.js';
import type { Clock } from '../system/clock.js';
import type { Logger } from '../system/logger.js';
import type { Pipelining } from './pipelining.js';
import { newRequestId } from './request-id.js';

export interface RefusalsOptions {
  readonly pipelining: Pipelining;
  readonly clock: Clock;
  readonly log: Logger;
}

/** How long what a client still sends is taken in, so that closing does not reset the connection before it has read why, in milliseconds. */
const LINGER_MS = 2_000;

/** Answers, as S3 does, what is no HTTP request that could be handed on, and closes the connection. */
export class Refusals {
  readonly #refused = new WeakSet<Duplex>();

  constructor(private readonly options: RefusalsOptions) {}

  /** Node's parser has given up, or the connection is broken. The answers to requests before are sent first. */
  readonly onClientError = (failure: NodeJS.ErrnoException, socket: Duplex): void => {
    // What goes on arriving is given to the parser, and fails each time.
    if (this.#refused.has(socket)) return;
    this.#refused.add(socket);
    const last = this.options.pipelining.last(socket);
    const isCutShort = last !== undefined && !last.incoming.complete;
    if (!socket.writable || (isCutShort && last.outgoing.headersSent)) {
      socket.destroy();
      return;
    }
    const refuse = () => this.#refuse(socket, faultOf(failure, isCutShort));
    if (last === undefined || last.outgoing.closed || isCutShort) refuse();
    else last.outgoing.once('close', refuse);
  };

  /** CONNECT is for proxies. */
  readonly onConnect = (_: IncomingMessage, socket: Duplex): void => {
    socket.on('error', () => socket.destroy());
    this.#refuse(socket, new S3Error('MethodNotAllowed'));
  };

  #refuse(socket: Duplex, error: S3Error): void {
    if (!socket.writable) {
      socket.destroy();
      return;
    }
    const { clock, log } = this.options;
    const requestId = newRequestId();
    log.info({ requestId, status: error.status, code: error.code, err: error.cause }, 'no request');
    socket.end(writtenOut(error, requestId));
    const tooLong = clock.after(LINGER_MS, () => socket.destroy());
    socket.once('close', () => tooLong.cancel());
  }
}

/** What is wrong by the word of Node's parser (its codes are llhttp's). */
function faultOf(cause: NodeJS.ErrnoException, isCutShort: boolean): S3Error {
  switch (cause.code) {
    case 'HPE_HEADER_OVERFLOW':
      return new S3Error('RequestHeaderSectionTooLarge', undefined, { cause });
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new S3Error('RequestTimeout', undefined, { cause });
    case 'HPE_INVALID_EOF_STATE':
      if (isCutShort) return new S3Error('IncompleteBody', undefined, { cause });
  }
  return new S3Error('BadRequest', 'An error occurred when parsing the HTTP request.', { cause });
}

/** An answer where Node has none to write it for. */
function writtenOut(error: S3Error, requestId: string): string {
  const { status, headers, body = '' } = errorResponse(error, { requestId, resource: '' }, '');
  const fields = { ...headers, server: 'Penumbra', connection: 'close' };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`;
}
