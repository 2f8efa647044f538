import type { Random } from '../simulation/random.js';
import type { Fault, SeenRequest } from '../support/fault-proxy.js';

/** How many of a thousand requests each fault strikes. */
export interface FaultRates {
  readonly refused: number;
  readonly dropped: number;
  readonly requestCut: number;
  readonly answerLost: number;
  readonly answerCut: number;
  readonly delayed: number;
}

/** Far below the deadline of a request, so that what comes late comes while its sender still waits. */
const LONGEST_DELAY_MS = 400;

/** A store's bad weather: says of each request what goes wrong with it. */
export function seededFaults(
  random: Random,
  rates: FaultRates,
  note: (fault: string, seen: SeenRequest) => void,
): (seen: SeenRequest) => Fault | undefined {
  const faults: readonly [name: string, rate: number, fault: () => Fault][] = [
    ['refused with 503', rates.refused, () => 503],
    ['dropped', rates.dropped, () => 'reset'],
    ['request cut', rates.requestCut, () => 'cut request'],
    ['answer lost', rates.answerLost, () => 'lose answer'],
    ['answer cut', rates.answerCut, () => 'cut answer'],
    ['delayed', rates.delayed, () => ({ delayMs: random.below(LONGEST_DELAY_MS) })],
  ];
  return (seen) => {
    let drawn = random.below(1_000);
    for (const [name, rate, fault] of faults) {
      drawn -= rate;
      if (drawn >= 0) continue;
      note(name, seen);
      return fault();
    }
    return undefined;
  };
}
