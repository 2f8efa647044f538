import { writesBoth } from '../../shadow/rungs.js';
import type { BucketRecord } from '../../state/buckets.js';
import type { Aim } from '../../state/rung.js';
import type { AdminDependencies } from './dependencies.js';
import { AdminError } from './errors.js';
import { refuseChanged, refuseUnknown, type ShadowedRecord } from './find-bucket.js';
import { MAX_SURVEY_SECONDS } from './limits.js';
import { type Proof, proofOf, whatIsLeft } from './proof.js';
import { isSwapping } from './swap-shadow.js';
import { settledWithin } from './switched.js';

export type ClearingDependencies = Pick<AdminDependencies, 'buckets' | 'migrations' | 'switching' | 'clock'>;

export interface Cleared {
  readonly record: BucketRecord;
  /** Undefined where nobody looked, for it was forced or under way already. */
  readonly proof?: Proof | undefined;
}

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
): Promise<Cleared> {
  if (isSwapping(record.shadow))
    throw new AdminError(
      409,
      'switching',
      `target and shadow of "${record.name}" are changing places: try again`,
    );
  const isJudged = options.force || record.shadow.aim === 'none';
  const { judged, proof } = isJudged ? { judged: record } : await judge(record, options, deps);
  await aimAt('none', judged, deps);
  await deps.migrations.forget(record);
  return { record: await settledWithin(record.name, options.waitMs, deps), proof };
}

interface Judged {
  /** The bucket as it stood when it was seen that nothing would be lost. */
  readonly judged: ShadowedRecord;
  readonly proof?: Proof;
}

async function judge(
  record: ShadowedRecord,
  options: ClearOptions,
  deps: ClearingDependencies,
): Promise<Judged> {
  const proof = await assertNothingLost(record, deps);
  return isWritten(record) ? endWriteThrough(record, options, deps) : { judged: record, proof };
}

const isWritten = ({ shadow: { rung, aim } }: ShadowedRecord): boolean =>
  writesBoth({ rung }) || [rung, aim].some((step) => step === 'exclusive' || step === 'write-through');

/** Leaves the bucket on the rung where nothing is added to the shadow, or as it was where that would not do. */
async function endWriteThrough(
  record: ShadowedRecord,
  { waitMs }: ClearOptions,
  deps: ClearingDependencies,
): Promise<Judged> {
  const aimed = await aimAt('exclusive', record, deps);
  try {
    const now = await settledWithin(record.name, waitMs, deps);
    const isEnded = now.shadow?.rung === 'exclusive' && (await deps.switching.state(now)).state === 'settled';
    if (!isEnded) throw notYet(record.name);
    return { judged: aimed, proof: await assertNothingLost(record, deps) };
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
    if (shadow?.since !== since || shadow.aim !== before || current.job) refuseChanged(name);
    return { ...current, shadow: { ...shadow, aim } };
  });
  if (!changed?.shadow) refuseUnknown(name);
  return { ...changed, shadow: changed.shadow };
}

async function assertNothingLost(
  record: ShadowedRecord,
  { migrations, clock }: ClearingDependencies,
): Promise<Proof> {
  // An operator has said which of two objects counts.
  const sweep = await migrations.pass(record, 'sweep');
  const drift = sweep?.settings.onDrift !== 'target-wins';
  const status = await migrations.status(record, { deadlineMs: MAX_SURVEY_SECONDS * 1_000, drift });
  const proof = proofOf(status, record.shadow, clock.now());
  if (proof) return proof;
  throw new AdminError(409, 'not_migrated', `${whatIsLeft(status)}, or force`);
}
