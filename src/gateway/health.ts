import { Hono } from 'hono';
import type { Backend } from '../backends/backend.js';
import type { S3Request } from '../s3/message.js';
import type { Kv } from '../state/kv.js';
import type { Clock } from '../system/clock.js';

export interface HealthOptions {
  readonly kv: Kv;
  readonly backends: readonly Backend[];
  readonly isDraining: () => boolean;
  readonly clock: Clock;
}

type Reachability = 'reachable' | 'unreachable';

/** How long a backend or the state may take to show that it is there, in milliseconds. */
const PROBE_MS = 2_000;

/**
 * `/live`: the process answers. `/ready`: it should be sent requests: not draining, state reachable, and at least one
 * backend. One lost backend does not take a gateway away from the buckets of the others, but it is named.
 */
export function createHealthApp({ kv, backends, isDraining, clock }: HealthOptions): Hono {
  async function probe(question: (signal: AbortSignal) => Promise<unknown>): Promise<Reachability> {
    const deadline = new AbortController();
    const timer = clock.after(PROBE_MS, () => deadline.abort());
    const late = new Promise<Reachability>((resolve) => {
      deadline.signal.addEventListener('abort', () => resolve('unreachable'), { once: true });
    });
    const asked = question(deadline.signal).then(
      (): Reachability => 'reachable',
      (): Reachability => 'unreachable',
    );
    return Promise.race([asked, late]).finally(() => timer.cancel());
  }

  return new Hono()
    .get('/live', (c) => c.json({ status: 'live' }))
    .get('/ready', async (c) => {
      const asked = backends.map(async ({ name, service }) => {
        return [name, await probe((signal) => service(listBuckets(signal)))] as const;
      });
      const state = await probe(() => kv.get('meta/ready'));
      const reached = await Promise.all(asked);
      const isReady =
        !isDraining() && state === 'reachable' && reached.some(([, seen]) => seen === 'reachable');
      const status = isDraining() ? 'draining' : isReady ? 'ready' : 'not ready';
      return c.json({ status, state, backends: Object.fromEntries(reached) }, isReady ? 200 : 503);
    });
}

/** Any answer will do, a refusal as well. */
function listBuckets(signal: AbortSignal): S3Request {
  return { operation: 'ListBuckets', method: 'GET', bucket: '', key: '', query: [], headers: {}, signal };
}
