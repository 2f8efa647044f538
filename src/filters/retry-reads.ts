import type { S3Filter, S3Request } from '../s3/message.js';
import type { Clock } from '../system/clock.js';
import { isTransportFailure } from './transport-failure.js';

/** The pause before the second attempt: at least so many milliseconds, and less than twice as many. */
const PAUSE_MS = 50;
/** A request that took longer to fail is not tried again: with two attempts it would outlast what relies on its deadline. */
const QUICK_MS = 1_000;

/** Tries a read once more that soon failed without an answer, as on a kept connection that was just closed. Never a write. */
export const retryReads =
  (clock: Clock): S3Filter =>
  (service) =>
  async (request) => {
    if (!isRead(request)) return service(request);
    const startedAt = clock.now();
    try {
      return await service(request);
    } catch (error) {
      if (!isTransportFailure(error) || clock.now() - startedAt > QUICK_MS) throw error;
    }
    await clock.sleep(PAUSE_MS * (1 + Math.random()), request.signal);
    return service(request);
  };

const isRead = ({ method, body }: S3Request): boolean =>
  (method === 'GET' || method === 'HEAD') && body === undefined;
