import { TIMES } from '../../src/system/times.js';
import type { Life } from './life.js';
import type { Weather } from './weather.js';

/** Longer than any lease, ms. */
const STALL_MS = 1.5 * TIMES.leaseMs;

/** A gateway may stand still at any instant for so long that what it holds runs out, and then go on as if nothing had been. */
export function stallSometimes(life: Life, weather: Weather): void {
  if (weather.strike('stalls', 0.05, ['stall'])) life.stall(STALL_MS);
}
