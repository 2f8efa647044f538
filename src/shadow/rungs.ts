import type { Rung } from '../state/rung.js';

interface OnRung {
  readonly rung: Rung;
}

/** Whether clients see what only the shadow has. */
export const seesShadow = ({ rung }: OnRung): boolean => rung !== 'target-only' && rung !== 'opening';

/** Whether each writer holds its key for itself, so that readers have to look at the target again before they answer from the shadow. */
export const excludesWriters = ({ rung }: OnRung): boolean => rung === 'exclusive' || writesBoth({ rung });

export const writesBoth = ({ rung }: OnRung): boolean => rung === 'write-through' || rung === 'swapping';

/** Whether gateways may differ about which store is the target: nothing is shown then of a write that has reached only one of them. */
export const holdsReaders = ({ rung }: OnRung): boolean => rung === 'swapping';
