import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { S3Response } from '../s3/message.js';
import { HOST_ID } from './rewriting.js';

/** How long a client may leave an answer unread, in milliseconds; longer than a backend may be silent. */
const UNREAD_MS = 120_000;

/** How an answer ended: how many bytes of body were sent whole, or that the connection broke off. */
export interface Sent {
  readonly bytes?: number;
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
  outgoing.writeHead(status, {
    ...headers,
    ...(body === undefined && !isBodiless ? { 'content-length': '0' } : {}),
    server: 'Penumbra',
    'x-amz-request-id': requestId,
    'x-amz-id-2': HOST_ID,
  });
  if (body === undefined || Buffer.isBuffer(body)) {
    const content = isBodiless ? undefined : body;
    outgoing.end(content);
    return { bytes: content?.length ?? 0 };
  }
  if (isBodiless) {
    body.destroy();
    outgoing.end();
    return { bytes: 0 };
  }
  try {
    outgoing.setTimeout(UNREAD_MS, () => outgoing.destroy());
    await pipeline(body, outgoing);
    return { bytes: Number(headers['content-length'] ?? 0) };
  } catch (error) {
    return { bytes: 0, error };
  }
}
