import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { S3Error } from '../s3/errors.js';
import type { Clock } from '../system/clock.js';

/** How long a client may owe the next byte of a body, in milliseconds. */
const IDLE_MS = 60_000;
/** How long the rest of a body that nobody wants may go on arriving, in milliseconds. */
const LINGER_MS = 5_000;

export interface ReadBodyOptions {
  readonly clock: Clock;
  /** Called before the first byte is waited for. */
  readonly onWanted?: (() => void) | undefined;
}

/**
 * The body of a request as a stream of its own: destroying it leaves the connection open, so that the client can
 * still be told why. Fails with RequestTimeout when the client owes a byte for a minute, IncompleteBody when it leaves.
 */
export function readBody(incoming: IncomingMessage, { clock, onWanted }: ReadBodyOptions): Readable {
  let deadline: ReturnType<Clock['after']> | undefined;
  let announce = onWanted;
  const body = new Readable({
    read() {
      announce?.();
      announce = undefined;
      deadline?.cancel();
      deadline = clock.after(IDLE_MS, () => body.destroy(new S3Error('RequestTimeout')));
      incoming.resume();
    },
    destroy(error, done) {
      deadline?.cancel();
      incoming.off('data', onData).off('end', onEnd).off('close', onClose);
      done(error);
    },
  });
  function onData(chunk: Buffer) {
    deadline?.cancel();
    if (!body.push(chunk)) incoming.pause();
  }
  function onEnd() {
    deadline?.cancel();
    body.push(null);
  }
  function onClose() {
    if (!incoming.readableEnded) body.destroy(new S3Error('IncompleteBody'));
  }
  incoming.on('data', onData).on('end', onEnd).on('close', onClose);
  incoming.pause();
  if (incoming.destroyed) onClose();
  return body;
}

/**
 * After an answer that did not wait for the whole body: takes in what is still on its way and throws it away, since
 * closing at once would reset the connection before the client has read the answer. Closes it after a while.
 */
export function discardRest(incoming: IncomingMessage, clock: Clock): void {
  if (incoming.complete) return;
  incoming.resume();
  clock.after(LINGER_MS, () => {
    if (!incoming.complete) incoming.destroy();
  });
}
