import type { BegunPassJson, PassJson } from '../gateway/admin/pass-schemas.js';
import type { AdminClient } from './admin-client.js';
import { GatewayAway } from './admin-http.js';
import { CliError, Interrupted } from './failure.js';
import type { Io } from './io.js';
import { isBegun } from './pass-text.js';

/** How often it is looked at, ms. */
const LOOK_MS = 1_000;
/** How long one look may take, and for how long no gateway may answer, ms. */
const LOOK_DEADLINE_MS = 30_000;
const AWAY_MS = 120_000;

export interface Watching {
  readonly io: Io;
  readonly client: AdminClient;
  /** Where the admin API has the pass. */
  readonly path: string;
  /** What it is called, for messages. */
  readonly words: string;
  readonly show: (pass: BegunPassJson) => void;
}

/**
 * Looks at a pass until it is over, through restarts of its gateways; resolves to what it came to.
 *
 * @throws Interrupted when the reader wants no more: the pass goes on. GatewayAway when none answers for two minutes. CliError when there is no pass
 */
export async function watchPass({ io, client, path, words, show }: Watching): Promise<BegunPassJson> {
  const { clock } = io;
  const stop = new AbortController();
  io.interrupted().then(() =>
    stop.abort(new Interrupted(`${words} is watched no longer and goes on by itself`)),
  );
  let seenAt = clock.now();
  for (;;) {
    const pass = await look(client, { path, io, stop: stop.signal });
    if (pass instanceof GatewayAway) {
      if (clock.now() - seenAt > AWAY_MS) throw pass;
    } else {
      seenAt = clock.now();
      if (!isBegun(pass)) throw new CliError(`${words} was not begun`);
      show(pass);
      if (pass.is_over) return pass;
    }
    await clock.sleep(LOOK_MS, stop.signal).catch(() => stop.signal.throwIfAborted());
  }
}

interface Look {
  readonly path: string;
  readonly io: Io;
  readonly stop: AbortSignal;
}

async function look(client: AdminClient, { path, io, stop }: Look): Promise<PassJson | GatewayAway> {
  const late = new AbortController();
  const timer = io.clock.after(LOOK_DEADLINE_MS, () => late.abort());
  try {
    return await client.read<PassJson>(path, AbortSignal.any([stop, late.signal]));
  } catch (error) {
    stop.throwIfAborted();
    if (error instanceof GatewayAway) return error;
    throw error;
  } finally {
    timer.cancel();
  }
}
