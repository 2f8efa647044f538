import { BackendUnavailable } from '../../src/backends/backend.js';
import { systemClock } from '../../src/system/clock.js';
import type { Random } from '../simulation/random.js';
import type { Answer, StoreClient } from '../support/store-client.js';

export type Asking = (client: StoreClient, signal: AbortSignal) => Promise<Answer>;

/** `unsent`: the request cannot have applied. `lost`: nothing is known of it. */
export type Heard = Answer | 'unsent' | 'lost';

/** A client stops in the middle of its request. */
export class BrokenOff extends Error {
  override readonly name = 'BrokenOff';
}

/** The share of requests whose client does not wait for the answer, and how long such a client waits. */
const DEPARTURES = 0.01;
const PATIENCE_MS = 200;
const PAUSE_MS = 50;

interface Asked {
  readonly gateways: readonly StoreClient[];
  readonly random: Random;
  readonly areRestless: boolean;
}

/** Asks one of the gateways once, and sometimes leaves before the answer. */
export async function askAny({ gateways, random, areRestless }: Asked, asking: Asking): Promise<Heard> {
  const departure = new AbortController();
  const leaving =
    areRestless && random.chance(DEPARTURES)
      ? systemClock.after(random.below(PATIENCE_MS), () => departure.abort(new BrokenOff('the client left')))
      : undefined;
  try {
    return await asking(random.pick(gateways), departure.signal);
  } catch (error) {
    if (error instanceof BrokenOff) return 'lost';
    if (!(error instanceof BackendUnavailable)) throw error;
    // A gateway that is down is not asked in a busy loop.
    if (!error.sent) await systemClock.sleep(PAUSE_MS);
    return error.sent ? 'lost' : 'unsent';
  } finally {
    leaving?.cancel();
  }
}
