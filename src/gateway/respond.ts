import type { ServerResponse } from 'node:http';
import { finished, type Readable } from 'node:stream';
import { discard, passOn } from '../s3/body.js';
import type { S3Response } from '../s3/message.js';
import { HOST_ID } from './rewriting.js';
import { sandboxOf } from './sandbox.js';
import { sendTogether } from './send-together.js';

/** How long a client may leave an answer unread, in milliseconds; longer than a backend may be silent. */
const UNREAD_MS = 120_000;

/** How an answer ended: the bytes of body that were handed to the connection, and why it broke off if it did. */
export interface Sent {
  readonly bytes: number;
  readonly error?: unknown;
}

/** The one place that writes an S3 answer. A body that breaks off cuts the connection: it is never padded or ended. */
export async function respond(
  outgoing: ServerResponse,
  response: S3Response,
  requestId: string,
): Promise<Sent> {
  const { status, headers, body } = response;
  const isBodiless = outgoing.req.method === 'HEAD' || status === 204 || status === 304;
  // A spread followed by more properties would cost several times as much.
  const fields: Record<string, string | undefined> = Object.assign(
    {},
    headers,
    sandboxOf(outgoing.req.headers.accept, headers['content-type']),
  );
  if (body === undefined && !isBodiless) fields['content-length'] = '0';
  fields.server = 'Penumbra';
  fields['x-amz-request-id'] = requestId;
  fields['x-amz-id-2'] = HOST_ID;
  outgoing.writeHead(status, fields);
  if (isBodiless || body === undefined) {
    discard(response.body);
    sendTogether(() => outgoing.end());
    return { bytes: 0 };
  }
  if (Buffer.isBuffer(body)) {
    sendTogether(() => outgoing.end(body));
    return { bytes: body.length };
  }
  return stream(body, outgoing);
}

async function stream(body: Readable, outgoing: ServerResponse): Promise<Sent> {
  outgoing.setTimeout(UNREAD_MS, () => outgoing.destroy());
  let bytes = 0;
  body.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (!passOn(chunk, body, outgoing)) body.pause();
  });
  outgoing.on('drain', () => body.resume());
  try {
    await bothEnd(body, outgoing);
    return { bytes };
  } catch (error) {
    return { bytes, error };
  }
}

/** Ends the one when the other has ended well, and cuts it off when the other broke off. */
function bothEnd(body: Readable, outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve, reject) => {
    finished(body, { writable: false }, (error) => {
      if (!error) return outgoing.end();
      outgoing.destroy(error);
      return reject(error);
    });
    finished(outgoing, { readable: false }, (error) => {
      body.destroy();
      if (error) reject(error);
      else resolve();
    });
  });
}
