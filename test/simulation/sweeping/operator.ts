import { KvUnavailable } from '../../../src/state/kv.js';
import { type Pass, passSchema } from '../../../src/state/passes/pass-record.js';
import { type PassControl, PassRefused } from '../../../src/sweep/passes/control.js';
import type { SimulatedGateway } from '../gateway.js';
import { BUCKET, BUCKET_ID } from '../record.js';
import type { Tally } from '../tally.js';
import type { Weather } from '../weather.js';
import type { SweepWitness } from './witness.js';

const NAME = { id: BUCKET_ID, name: BUCKET };

type Ask = (control: PassControl) => Promise<unknown>;

const ASKS = {
  'begin a sweep': (control) => control.start(NAME, 'sweep', { catchUp: false }),
  'begin sweeps that catch up': (control) => control.start(NAME, 'sweep', { catchUp: true }),
  'pause a sweep': (control) => control.pause(NAME, 'sweep'),
  'resume a sweep': (control) => control.resume(NAME, 'sweep'),
  'stop a sweep': (control) => control.stop(NAME, 'sweep'),
  'retry what failed': (control) => control.retryFailed(NAME, 'sweep'),
} as const satisfies Readonly<Record<string, Ask>>;

type SweepAsk = keyof typeof ASKS;

export const SWEEP_ASKS = Object.keys(ASKS) as SweepAsk[];

/** What comes between two requests, ms. */
const PAUSES_MS = [0, 0, 1_000, 5_000, 40_000];

interface Surroundings {
  readonly weather: Weather;
  readonly tally: Tally;
  readonly sweeps: SweepWitness;
  anyGateway(): SimulatedGateway;
}

/** Asks for anything at all of sweeps, through any gateway. */
export class SweepOperator {
  constructor(private readonly surroundings: Surroundings) {}

  /** Asks for `name` at once, or after a while for anything. */
  async ask(name?: SweepAsk): Promise<void> {
    const { random, scheduler } = this.surroundings.weather;
    if (name) return this.#ask(name);
    await scheduler.sleep(random.pick(PAUSES_MS));
    await this.#ask(random.pick(SWEEP_ASKS));
  }

  async #ask(name: SweepAsk): Promise<void> {
    const { tally, sweeps } = this.surroundings;
    const { life, control } = this.surroundings.anyGateway();
    const ask: Ask = ASKS[name];
    if (!control) throw new RangeError('nobody works on sweeps');
    tally.count('operation', name);
    sweeps.isAskedFor();
    const asked = life.goesOn().then(() => ask(control));
    const answer = await Promise.race([asked.catch(asRefused), life.ended.then(() => 'dead' as const)]);
    if (answer === 'dead') sweeps.toldNothing();
    const seen = passSchema.safeParse(answer);
    if (seen.success) sweeps.told(seen.data);
  }
}

function asRefused(error: unknown): undefined {
  if (!(error instanceof PassRefused || error instanceof KvUnavailable)) throw error;
}

/** Begins a sweep and waits for its end, whatever was asked for before. */
export async function sweepOnce(
  control: PassControl,
  { weather, sweeps }: Pick<Surroundings, 'weather' | 'sweeps'>,
): Promise<Pass> {
  sweeps.isAskedFor();
  const begun = await control.start(NAME, 'sweep', { catchUp: false });
  for (;;) {
    const pass = sweeps.pass;
    if (pass?.run !== begun.run || pass.state === 'done') return pass ?? begun;
    await weather.scheduler.sleep(1_000);
  }
}
