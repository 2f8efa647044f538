import { holdsReaders } from '../../shadow/rungs.js';
import type { BucketRecord } from '../../state/buckets.js';
import { nextRung, type Rung } from '../../state/rung.js';

/**
 * A rung that follows; `swap`: target and shadow change places; `confirm`: all are on the one that was the aim; `doubt`: that counts no more; `none`: the shadow goes; `forget`: what the
 * state holds of its keys goes.
 */
export type Step = Rung | 'swap' | 'confirm' | 'doubt' | 'none' | 'forget';

/** What is to be done next with the bucket; undefined where it has reached its aim. */
export function nextStep({ shadow, forgetting }: BucketRecord): Step | undefined {
  if (shadow === null) return forgetting ? 'forget' : undefined;
  const next = nextRung(shadow.rung, shadow.aim);
  if (next === undefined && !shadow.confirmed) return 'confirm';
  if (next === undefined) return shadow.aim === 'swap' ? 'swap' : undefined;
  return restsOnIntents(shadow) && next !== 'write-through' ? 'doubt' : next;
}

/** What is only done where all writes take an intent must have ended before some take none. */
const restsOnIntents = ({ rung, confirmed }: NonNullable<BucketRecord['shadow']>): boolean =>
  rung === 'exclusive' && confirmed;

/** The bucket once the step is taken. What is to be acknowledged by all is a new epoch. */
export function stepped(record: BucketRecord, step: Step): BucketRecord {
  const { shadow, epoch } = record;
  if (step === 'forget') return { ...record, forgetting: false };
  if (step === 'none') return { ...record, shadow: null, forgetting: true, epoch: epoch + 1 };
  if (step === 'confirm') return confirmed(record);
  if (step === 'swap') return swapped(record);
  const rung = step === 'doubt' ? {} : { rung: step };
  return { ...record, shadow: shadow && { ...shadow, ...rung, confirmed: false }, epoch: epoch + 1 };
}

/**
 * What is left open on `swapping` before all are known to be there is settled before target and shadow change places: readers of the rung before
 * may have seen it.
 */
function confirmed({ shadow, epoch, ...record }: BucketRecord): BucketRecord {
  const isAnew = shadow !== null && holdsReaders(shadow);
  return { ...record, shadow: shadow && { ...shadow, confirmed: true }, epoch: isAnew ? epoch + 1 : epoch };
}

/** Each place is from here on what the other was; what the target can do belongs to it. */
function swapped(record: BucketRecord): BucketRecord {
  const { target, shadow, trailingChecksums, epoch, swaps = 0 } = record;
  if (shadow?.swap === undefined) throw new RangeError('nobody has tried what is to be the target');
  const { swap, trailingChecksums: _, ...settings } = shadow;
  const { conditionalWrites } = swap;
  const written = trailingChecksums === undefined ? {} : { trailingChecksums };
  return {
    ...record,
    target: shadow.place,
    conditionalWrites,
    trailingChecksums: swap.trailingChecksums,
    shadow: {
      ...settings,
      ...written,
      place: target,
      rung: 'swapping',
      aim: 'write-through',
      confirmed: false,
    },
    epoch: epoch + 1,
    swaps: swaps + 1,
  };
}

/** Whether a step that was judged by `one` may be taken from `other`. */
export const isSameStep = (one: BucketRecord, other: BucketRecord): boolean =>
  one.id === other.id && one.epoch === other.epoch && nextStep(one) === nextStep(other);
