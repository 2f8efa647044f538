import type { S3Response } from '../../s3/message.js';
import type { Exchange } from '../exchange.js';
import { bytesReceived } from '../request-body.js';
import type { Sent } from '../respond.js';
import type { RequestMeters } from './requests.js';

export interface Ended {
  readonly response: S3Response;
  readonly sent: Sent;
  /** From the request's header on, ms. */
  readonly firstByteMs: number;
  readonly endMs: number;
}

/** Counts a request of a client under its bucket, if it came so far. An error code is noted of what the gateway refuses itself. */
export function countRequest(
  { incoming, head, meter, code }: Exchange,
  { response, sent, firstByteMs, endMs }: Ended,
  requests: RequestMeters,
): void {
  (meter ?? requests.ofNoBucket).note({
    operation: head?.operation ?? 'Unknown',
    key: head?.address.key ?? '',
    status: response.status,
    headers: response.headers,
    isRefused: code !== undefined,
    firstByteMs,
    endMs,
    bytesIn: bytesReceived(incoming),
    bytesOut: sent.bytes,
    isBrokenOff: sent.error !== undefined,
  });
}
