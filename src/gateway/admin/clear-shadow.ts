import type { BucketRecord } from '../../state/buckets.js';
import type { Aim } from '../../state/rung.js';
import type { AdminDependencies, MigrationStatus } from './dependencies.js';
import { AdminError } from './errors.js';
import { refuseChanged, refuseUnknown, type ShadowedRecord } from './find-bucket.js';
import { MAX_SURVEY_SECONDS } from './limits.js';
import { settledWithin } from './switched.js';
import { isComplete } from './views.js';

const MAX_KEYS_NAMED = 3;

type ClearingDependencies = Pick<AdminDependencies, 'buckets' | 'migrations' | 'switching' | 'clock'>;

export interface ClearOptions {
  /** Leave what only the shadow has. */
  readonly force: boolean;
  readonly waitMs: number;
}

/**
 * Takes the shadow away, rung by rung. While it is written its contents change, so that write-through is given up first, and taken up again when
 * something would be lost. Returns when all gateways have followed, or `waitMs` is over; then they go on by themselves.
 *
 * @throws AdminError 409 while something would be lost, unless `force`
 */
export async function clearShadow(
  record: ShadowedRecord,
  options: ClearOptions,
  deps: ClearingDependencies,
): Promise<BucketRecord> {
  const judged = options.force || record.shadow.aim === 'none' ? record : await judge(record, options, deps);
  await deps.migrations.forget(record);
  await aimAt('none', judged, deps);
  return settledWithin(record.name, options.waitMs, deps);
}

/** The bucket as it stood when it was seen that nothing would be lost. */
async function judge(
  record: ShadowedRecord,
  options: ClearOptions,
  deps: ClearingDependencies,
): Promise<ShadowedRecord> {
  await assertNothingLost(record, deps);
  return isWritten(record) ? endWriteThrough(record, options, deps) : record;
}

const isWritten = ({ shadow: { rung, aim } }: ShadowedRecord): boolean =>
  [rung, aim].some((step) => step === 'exclusive' || step === 'write-through');

/** Leaves the bucket on the rung where nothing is added to the shadow, or as it was where that would not do. */
async function endWriteThrough(
  record: ShadowedRecord,
  { waitMs }: ClearOptions,
  deps: ClearingDependencies,
): Promise<ShadowedRecord> {
  const aimed = await aimAt('exclusive', record, deps);
  try {
    const now = await settledWithin(record.name, waitMs, deps);
    const isEnded = now.shadow?.rung === 'exclusive' && (await deps.switching.state(now)).state === 'settled';
    if (!isEnded) throw notYet(record.name);
    await assertNothingLost(record, deps);
    return aimed;
  } catch (error) {
    await aimAt(aimBefore(record), aimed, deps);
    throw error;
  }
}

/** One that was left halfway, by a gateway that died, was written as well. */
const aimBefore = ({ shadow: { writeThrough, aim } }: ShadowedRecord): Aim =>
  writeThrough ? 'write-through' : aim;

const notYet = (name: string): AdminError =>
  new AdminError(
    409,
    'switching',
    `write-through of "${name}" did not end in time and goes on; what was written meanwhile may be in the target alone; try again, and wait longer`,
  );

/** What was found out holds of one shadow, as long as nobody else aims it elsewhere: another one that was set meanwhile stays. */
async function aimAt(
  aim: Aim,
  { name, shadow: { since, aim: before } }: ShadowedRecord,
  { buckets }: ClearingDependencies,
): Promise<ShadowedRecord> {
  const changed = await buckets.update(name, (current) => {
    const { shadow } = current;
    if (shadow?.since !== since || shadow.aim !== before) refuseChanged(name);
    return { ...current, shadow: { ...shadow, aim } };
  });
  if (!changed?.shadow) refuseUnknown(name);
  return { ...changed, shadow: changed.shadow };
}

async function assertNothingLost(record: BucketRecord, { migrations }: ClearingDependencies): Promise<void> {
  const status = await migrations.status(record, MAX_SURVEY_SECONDS * 1_000);
  if (isComplete(status)) return;
  throw new AdminError(409, 'not_migrated', `${whatIsLeft(status)}, or force`);
}

function whatIsLeft({ exact, remaining, firstRemaining, problem, repairs }: MigrationStatus): string {
  if (problem !== undefined)
    return `what only the shadow has cannot be counted: ${problem}; try again when it answers`;
  if (remaining > 0) {
    const count = `${exact ? '' : 'at least '}${remaining} object${remaining === 1 ? '' : 's'}`;
    const keys = firstRemaining.slice(0, MAX_KEYS_NAMED).map((key) => JSON.stringify(key));
    return `only the shadow has ${count}: ${keys.join(', ')}${remaining > keys.length ? ', ...' : ''}; copy what is left first`;
  }
  if (!exact) return 'there was no time to count what only the shadow has; copy what is left first';
  const why = repairs.lastError === undefined ? '' : ` (${repairs.lastError})`;
  return `the shadow still owes ${repairs.count} delete${repairs.count === 1 ? '' : 's'}${why}; wait until they are made`;
}
