import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import type { RangeRef } from '../../state/passes/pass-record.js';
import type { Logger } from '../../system/logger.js';
import { type Delivery, nameOf } from './delivery.js';

const QUEUE = 'ranges';
const PREFIX = 'penumbra-queue';

/** How long a worker may be silent before its range is another's, ms. */
const LOCK_MS = 30_000;
/** Deliveries of a range whose worker failed, and the first pause between them, ms; then whoever sees it in the state announces it anew. */
const ATTEMPTS = 5;
const BACKOFF_MS = 1_000;

/**
 * Delivers by a BullMQ queue in the Redis of the state, to any number of gateways and workers: a range whose worker died comes back, and
 * one that failed is brought again after a while.
 */
export function deliverByQueue(url: string, log: Pick<Logger, 'warn' | 'error'>): Delivery {
  const connect = () => {
    // BullMQ asks for this of connections that block; calls wait for the connection to come back.
    const redis = new Redis(url, { maxRetriesPerRequest: null, enableReadyCheck: false });
    redis.on('error', noteOutage);
    return redis;
  };
  // The outage is told by who follows the state; a delivery waits for its end.
  const noteOutage = () => undefined;
  const connections = [connect()];
  const [connection] = connections as [Redis];
  const queue = new Queue<RangeRef>(QUEUE, { connection, prefix: PREFIX });
  queue.on('error', noteOutage);
  const closing = new AbortController();
  let worker: Worker<RangeRef> | undefined;

  return {
    async announce(refs) {
      if (closing.signal.aborted || connection.status !== 'ready') return;
      await queue.addBulk(
        refs.map((ref) => ({
          name: 'range',
          data: ref,
          opts: {
            jobId: nameOf(ref).replaceAll(':', '_'),
            attempts: ATTEMPTS,
            backoff: { type: 'exponential', delay: BACKOFF_MS },
            removeOnComplete: true,
            removeOnFail: true,
          },
        })),
      );
    },
    start(handle, atOnce) {
      const own = connect();
      connections.push(own);
      worker = new Worker<RangeRef>(QUEUE, (job) => handle(job.data, closing.signal), {
        connection: own,
        prefix: PREFIX,
        concurrency: atOnce,
        lockDuration: LOCK_MS,
      });
      worker.on('error', noteOutage);
      worker.on('failed', (job, error) =>
        log.error({ err: error, range: job && nameOf(job.data) }, 'a range could not be worked on'),
      );
      worker.on('stalled', (job) => log.warn({ job }, 'a range came back from a worker that is silent'));
    },
    async close() {
      closing.abort();
      await worker?.close();
      await queue.close();
      for (const redis of connections) redis.disconnect();
    },
  };
}
