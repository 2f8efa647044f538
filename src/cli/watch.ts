import type { AdminClient } from './admin-client.js';
import { GatewayAway } from './admin-http.js';
import { Interrupted } from './failure.js';
import type { Io } from './io.js';

/** How often it is looked at, ms. */
const LOOK_MS = 1_000;
/** How long one look may take, and for how long no gateway may answer, ms. */
const LOOK_DEADLINE_MS = 30_000;
const AWAY_MS = 120_000;

export interface Watching<T> {
  readonly io: Io;
  readonly client: AdminClient;
  /** Where the admin API has it. */
  readonly path: string;
  /** What it is called, for messages. */
  readonly words: string;
  readonly show: (seen: T) => void;
  readonly isOver: (seen: T) => boolean;
}

/**
 * Looks at what goes on until it is over, through restarts of its gateways; resolves to what it came to.
 *
 * @throws Interrupted when the reader wants no more: it goes on by itself. GatewayAway when none answers for two minutes. CliError
 */
export async function watch<T>({ io, client, path, words, show, isOver }: Watching<T>): Promise<T> {
  const { clock } = io;
  const stop = new AbortController();
  io.interrupted().then(() =>
    stop.abort(new Interrupted(`${words} is watched no longer and goes on by itself`)),
  );
  let seenAt = clock.now();
  for (;;) {
    const seen = await look<T>(client, { path, io, stop: stop.signal });
    if (seen instanceof GatewayAway) {
      if (clock.now() - seenAt > AWAY_MS) throw seen;
    } else {
      seenAt = clock.now();
      show(seen);
      if (isOver(seen)) return seen;
    }
    await clock.sleep(LOOK_MS, stop.signal).catch(() => stop.signal.throwIfAborted());
  }
}

interface Look {
  readonly path: string;
  readonly io: Io;
  readonly stop: AbortSignal;
}

async function look<T>(client: AdminClient, { path, io, stop }: Look): Promise<T | GatewayAway> {
  const late = new AbortController();
  const timer = io.clock.after(LOOK_DEADLINE_MS, () => late.abort());
  try {
    return await client.read<T>(path, AbortSignal.any([stop, late.signal]));
  } catch (error) {
    stop.throwIfAborted();
    if (error instanceof GatewayAway) return error;
    throw error;
  } finally {
    timer.cancel();
  }
}
