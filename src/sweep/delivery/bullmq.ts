import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import type { RangeRef } from '../../state/passes/pass-record.js';
import type { Clock } from '../../system/clock.js';
import type { Logger } from '../../system/logger.js';
import { unlessAborted } from '../../system/unless-aborted.js';
import { type Delivery, nameOf, type RangeHandler } from './delivery.js';

const QUEUE = 'ranges';
const PREFIX = 'penumbra-queue';

/** How long a worker may be silent before its range is another's, ms. */
const LOCK_MS = 30_000;
/** Deliveries of a range whose worker failed, and the first pause between them, ms; then whoever sees it in the state announces it anew. */
const ATTEMPTS = 5;
const BACKOFF_MS = 1_000;
/** How long an announcement may take, and how long Redis is waited for when it is told that no more ranges are wanted, ms. */
const ANNOUNCED_WITHIN_MS = 5_000;
const TOLD_WITHIN_MS = 2_000;

/**
 * Delivers by a BullMQ queue in the Redis of the state, to any number of gateways and workers: a range whose worker died comes back, and
 * one that failed is brought again after a while.
 */
export function deliverByQueue(
  url: string,
  { clock, log }: { readonly clock: Clock; readonly log: Pick<Logger, 'warn' | 'error'> },
): Delivery {
  // The outage is told by who follows the state; a delivery waits for its end.
  const noteOutage = () => undefined;
  const connect = (options: Connecting) => {
    const redis = new Redis(url, { enableReadyCheck: false, ...options });
    redis.on('error', noteOutage);
    return redis;
  };
  const connection = connect({ commandTimeout: ANNOUNCED_WITHIN_MS });
  // BullMQ asks for this of connections that block; calls wait for the connection to come back.
  const blocking = connect({ maxRetriesPerRequest: null, lazyConnect: true });
  const queue = new Queue<RangeRef>(QUEUE, { connection, prefix: PREFIX });
  queue.on('error', noteOutage);
  const closing = new AbortController();
  const working = new Set<Promise<void>>();
  let worker: Worker<RangeRef> | undefined;

  async function work(handle: RangeHandler, ref: RangeRef): Promise<void> {
    const worked = handle(ref, closing.signal);
    const ended = worked.then(
      () => undefined,
      () => undefined,
    );
    working.add(ended);
    await worked.finally(() => working.delete(ended));
  }

  return {
    async announce(refs) {
      if (closing.signal.aborted || connection.status !== 'ready') return;
      try {
        await queue.addBulk(refs.map(jobOf));
      } catch (error) {
        log.warn({ err: error }, 'ranges could not be announced; they are again in a while');
      }
    },
    start(handle, atOnce) {
      worker = new Worker<RangeRef>(QUEUE, (job) => work(handle, job.data), {
        connection: blocking,
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
    async lengths() {
      const { wait = 0, delayed = 0, active = 0 } = await queue.getJobCounts('wait', 'delayed', 'active');
      return { waiting: wait + delayed, active };
    },
    async close() {
      closing.abort();
      await Promise.all(working);
      const told = Promise.allSettled([worker?.close(), queue.close()]);
      const over = new AbortController();
      // A Redis that is away is told nothing: what it had handed out comes back by itself.
      await Promise.race([told, clock.sleep(TOLD_WITHIN_MS, over.signal).catch(unlessAborted(over.signal))]);
      over.abort();
      for (const redis of [connection, blocking]) redis.disconnect();
    },
  };
}

interface Connecting {
  readonly commandTimeout?: number;
  readonly maxRetriesPerRequest?: null;
  readonly lazyConnect?: boolean;
}

const jobOf = (ref: RangeRef) => ({
  name: 'range',
  data: ref,
  opts: {
    jobId: nameOf(ref).replaceAll(':', '_'),
    attempts: ATTEMPTS,
    backoff: { type: 'exponential', delay: BACKOFF_MS },
    removeOnComplete: true,
    removeOnFail: true,
  },
});
