import { Hono } from 'hono';
import type { Backend } from '../backends/backend.js';
import { discard } from '../s3/body.js';
import type { S3Request } from '../s3/message.js';
import type { Kv } from '../state/kv.js';
import type { Clock } from '../system/clock.js';

export interface HealthOptions {
  readonly kv: Kv;
  /** Those that there are now. */
  readonly backends: () => readonly Backend[];
  readonly isDraining: () => boolean;
  /** Whether other gateways wait for this one. */
  readonly isInTouch: () => boolean;
  readonly clock: Clock;
}

type Reachability = 'reachable' | 'unreachable';

interface Reached {
  readonly state: Reachability;
  readonly backends: Readonly<Record<string, Reachability>>;
}

/** How long a backend may take to show that it is there, in milliseconds. */
const PROBE_MS = 2_000;
/** How long what was seen counts, in milliseconds: anybody may ask, and backends should not notice. */
const FRESH_MS = 1_000;

/**
 * `/live`: the process answers. `/ready`: it should be sent requests: not draining, in touch with the state, and at least one
 * backend reachable. One lost backend does not take a gateway away from the buckets of the others, but it is named.
 */
export function createHealthApp({ kv, backends, isDraining, isInTouch, clock }: HealthOptions): Hono {
  let last: { readonly at: number; readonly reached: Promise<Reached> } | undefined;

  async function reach(): Promise<Reached> {
    const state = reachability(kv.get('meta/ready'));
    const asked = backends().map(
      async (backend) => [backend.name, await reachability(ask(backend, clock))] as const,
    );
    return { backends: Object.fromEntries(await Promise.all(asked)), state: await state };
  }

  function reachNow(): Promise<Reached> {
    const now = clock.now();
    if (last === undefined || now - last.at >= FRESH_MS) last = { at: now, reached: reach() };
    return last.reached;
  }

  return new Hono()
    .get('/live', (c) => c.json({ status: 'live' }))
    .get('/ready', async (c) => {
      const reached = await reachNow();
      const isServing =
        reached.state === 'reachable' && isInTouch() && Object.values(reached.backends).includes('reachable');
      const status = isDraining() ? 'draining' : isServing ? 'ready' : 'not ready';
      return c.json({ status, ...reached }, status === 'ready' ? 200 : 503);
    });
}

function reachability(answered: Promise<unknown>): Promise<Reachability> {
  return answered.then(
    () => 'reachable',
    () => 'unreachable',
  );
}

/** Any answer will do, a refusal as well. */
async function ask({ service }: Backend, clock: Clock): Promise<void> {
  const deadline = new AbortController();
  const timer = clock.after(PROBE_MS, () => deadline.abort());
  try {
    discard((await service(listBuckets(deadline.signal))).body);
  } finally {
    timer.cancel();
  }
}

function listBuckets(signal: AbortSignal): S3Request {
  return { operation: 'ListBuckets', method: 'GET', bucket: '', key: '', query: [], headers: {}, signal };
}
