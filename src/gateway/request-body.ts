import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable, Writable } from 'node:stream';
import { S3Error } from '../s3/errors.js';
import type { Clock } from '../system/clock.js';

/** How long a client may owe the next byte of a body, in milliseconds. */
const IDLE_MS = 60_000;
/** How long the rest of a body that nobody wants may go on arriving, in milliseconds. */
const LINGER_MS = 5_000;

/** Lets a client go on that asked before it sends a body (RFC 9110, 10.1.1: HTTP/1.0 knows no 100). */
export function askForBody(incoming: IncomingMessage, outgoing: ServerResponse): void {
  if (incoming.headers.expect !== undefined && incoming.httpVersionMinor > 0) outgoing.writeContinue();
}

const counts = new WeakMap<Readable, { bytes: number }>();

/** The bytes of a request's body that have come in; 0 where nobody asked for one. */
export const bytesReceived = (incoming: Readable): number => counts.get(incoming)?.bytes ?? 0;

/**
 * Counts what comes in, and makes `body`, to which `incoming` is piped, fail with RequestTimeout when the client owes the next byte for a minute.
 * One that is not being read for as long owes nothing.
 */
export function watchBody(incoming: Readable, body: Readable | Writable, clock: Clock): void {
  let lastByteAt = clock.now();
  const count = { bytes: 0 };
  counts.set(incoming, count);
  incoming.on('data', (chunk: Buffer) => {
    count.bytes += chunk.length;
    lastByteAt = clock.now();
  });
  const watch = () => clock.after(lastByteAt + IDLE_MS - clock.now(), check);
  let watching = watch();
  function check() {
    if (incoming.isPaused()) lastByteAt = clock.now();
    if (clock.now() - lastByteAt < IDLE_MS) watching = watch();
    else body.destroy(new S3Error('RequestTimeout'));
  }
  for (const event of ['end', 'close']) incoming.once(event, () => watching.cancel());
  body.once('close', () => watching.cancel());
}

/**
 * After an answer that did not wait for the whole body: takes in what is still on its way and throws it away, since
 * closing at once would reset the connection before the client has read the answer. Closes it after a while.
 */
export function discardRest(incoming: IncomingMessage, clock: Clock): void {
  // What has come whole and was never touched, Node throws away itself.
  if (incoming.readableEnded || (incoming.complete && !incoming.readableDidRead)) return;
  incoming.unpipe();
  incoming.resume();
  const tooLong = clock.after(LINGER_MS, () => incoming.destroy());
  incoming.once('close', () => tooLong.cancel());
}
