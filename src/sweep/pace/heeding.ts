import { Readable } from 'node:stream';
import { BackendUnavailable } from '../../backends/backend.js';
import type { S3Filter, S3Request, S3Response } from '../../s3/message.js';
import type { Clock } from '../../system/clock.js';
import type { AdaptiveLimit } from './adaptive-limit.js';
import { mayWait, type RequestLimit } from './request-limit.js';
import { parseRetryAfter } from './retry-after.js';

export interface HeedingOptions {
  readonly clock: Clock;
  readonly limit: AdaptiveLimit;
  readonly requests: RequestLimit;
  /** Objects that are under way now. */
  readonly underWay: () => number;
  /** Told when a request is sent, and when its answer may have changed what the store bears. */
  readonly sent: () => void;
  readonly answered: () => void;
}

/** So long at most a request waits for a store that asked to be left alone, ms: it may have a token or a listing open. */
const MAX_HELD_MS = 10_000;

/** Too Many Requests (RFC 6585, 4), and S3's SlowDown or any other Service Unavailable (RFC 9110, 15.6.4). */
const isRefusal = ({ status }: S3Response): boolean => status === 429 || status === 503;

const isTimeout = (error: unknown): boolean =>
  error instanceof BackendUnavailable && error.reason === 'timeout';

/** Learns from a store's answers what it bears, and keeps to the limit of requests. What comes is passed on as it is, and nothing is sent twice. */
export const heeding =
  (options: HeedingOptions): S3Filter =>
  (service) =>
  async (request) => {
    const { clock, limit, requests, underWay } = options;
    if (limit.heldFor > 0 && mayWait(request))
      await clock.sleep(Math.min(MAX_HELD_MS, limit.heldFor), request.signal);
    const paid = requests.pay(request);
    if (paid) await paid;
    const msSinceSent = stopwatch(request, clock);
    const number = limit.sent();
    options.sent();
    try {
      const answer = await service(request);
      if (isRefusal(answer)) limit.refused(number, retryAfter(answer, clock));
      else if (answer.status < 500)
        limit.answered({ operation: request.operation, ms: msSinceSent(), underWay: underWay() });
      return answer;
    } catch (error) {
      if (isTimeout(error)) limit.refused(number);
      throw error;
    } finally {
      options.answered();
    }
  };

function retryAfter({ headers }: S3Response, clock: Clock): number | undefined {
  const value = headers['retry-after'];
  return value === undefined ? undefined : parseRetryAfter(value, clock.now());
}

/** Tells how many milliseconds ago the whole of a request had been sent; undefined while it has not. */
function stopwatch({ body }: S3Request, clock: Clock): () => number | undefined {
  let end: number | undefined = clock.now();
  if (body instanceof Readable) {
    end = undefined;
    body.once('end', () => {
      end = clock.now();
    });
  }
  return () => end && clock.now() - end;
}
