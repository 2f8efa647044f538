import { createRoute } from '@hono/zod-openapi';
import { type SSEStreamingApi, streamSSE } from 'hono/streaming';
import type { AdminDependencies } from './dependencies.js';
import { AdminError } from './errors.js';
import { JobFeed } from './job-feed.js';
import { jobPage } from './job-schemas.js';
import { refusals } from './route-parts.js';
import { createRouter } from './router.js';

/** A string to the types, which would take the answer for one JSON document. */
const EVENTS: string = 'text/event-stream';

/** Streams at once, in one process. */
const MAX_STREAMS = 64;
/** How long a stream may last, ms: a client comes back, and shows its session again. */
const MAX_STREAM_MS = 30 * 60_000;
/** When nothing was sent for so long, a comment is, ms. */
const HEARTBEAT_MS = 15_000;
/** After how long a client comes back, ms. */
const RETRY_MS = 2_000;

const eventsRoute = createRoute({
  method: 'get',
  path: '/jobs/events',
  summary:
    'How jobs change, as server-sent events: a `snapshot` of the newest 100, then each `job` that changed',
  responses: {
    200: { content: { [EVENTS]: { schema: jobPage } }, description: 'Until the client leaves' },
    ...refusals,
  },
});

type Dependencies = Pick<AdminDependencies, 'jobs' | 'clock' | 'draining' | 'log'>;

/** HTML, "Server-sent events". A stream that comes back begins with a snapshot, so that nothing is missed whatever its last id was. */
export function jobEventRoutes({ jobs, clock, draining, log }: Dependencies) {
  const feed = new JobFeed({ jobs, clock });
  let open = 0;

  async function send(stream: SSEStreamingApi, signal: AbortSignal): Promise<void> {
    let [id, sentAt] = [0, clock.now()];
    const event = async (name: string, data: unknown) => {
      id += 1;
      sentAt = clock.now();
      await stream.writeSSE({ event: name, data: JSON.stringify(data), id: String(id), retry: RETRY_MS });
    };
    for await (const changed of feed.changes(signal)) {
      if (id === 0) await event('snapshot', { jobs: changed });
      else for (const job of changed.toReversed()) await event('job', job);
      if (clock.now() - sentAt < HEARTBEAT_MS) continue;
      sentAt = clock.now();
      await stream.write(': nothing new\n\n');
    }
  }

  return createRouter().openapi(eventsRoute, (c) => {
    if (draining.aborted) throw new AdminError(503, 'draining', 'the gateway is closing');
    if (open >= MAX_STREAMS)
      throw new AdminError(503, 'too_many_streams', `${MAX_STREAMS} streams of events are open`, {
        'retry-after': String(RETRY_MS / 1_000),
      });
    open += 1;
    const left = new AbortController();
    const timer = clock.after(MAX_STREAM_MS, () => left.abort());
    c.header('X-Accel-Buffering', 'no');
    return streamSSE(c, async (stream) => {
      stream.onAbort(() => left.abort());
      try {
        await send(stream, AbortSignal.any([left.signal, draining]));
      } catch (error) {
        log.warn({ err: error }, 'a stream of jobs broke off');
      } finally {
        timer.cancel();
        open -= 1;
      }
    });
  });
}
