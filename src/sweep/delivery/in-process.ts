import pLimit, { type LimitFunction } from 'p-limit';
import type { Logger } from '../../system/logger.js';
import { type Delivery, nameOf } from './delivery.js';

/** Delivers within this process: each gateway of an embedded state announces to itself what it sees there. */
export function deliverInProcess(log: Pick<Logger, 'error'>): Delivery {
  const onTheWay = new Map<string, Promise<void>>();
  const closing = new AbortController();
  let hands: { limit: LimitFunction; handle: Parameters<Delivery['start']>[0] } | undefined;

  return {
    async announce(refs) {
      for (const ref of refs) {
        const name = nameOf(ref);
        if (!hands || closing.signal.aborted || onTheWay.has(name)) continue;
        const { limit, handle } = hands;
        const handled = limit(async () => {
          if (!closing.signal.aborted) await handle(ref, closing.signal);
        })
          .catch((error: unknown) => log.error({ err: error, range: name }, 'a range could not be worked on'))
          .finally(() => onTheWay.delete(name));
        onTheWay.set(name, handled);
      }
    },
    start(handle, atOnce) {
      hands = { limit: pLimit(atOnce), handle };
    },
    async lengths() {
      return { waiting: hands?.limit.pendingCount ?? 0, active: hands?.limit.activeCount ?? 0 };
    },
    async close() {
      closing.abort();
      await Promise.all(onTheWay.values());
    },
  };
}
