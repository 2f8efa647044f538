import type { Clock } from '../system/clock.js';
import { KvUnavailable } from './kv.js';

/** Rejects with KvUnavailable when `pending` has not settled after `ms`; what was begun may still happen. */
export function withinDeadline<T>(pending: Promise<T>, ms: number, clock: Clock): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(ms, () => reject(new KvUnavailable(`no answer within ${ms} ms`)));
    pending.finally(() => timer.cancel()).then(resolve, reject);
  });
}
