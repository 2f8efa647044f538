import type { BucketRecord } from '../../state/buckets.js';
import type { AdminDependencies, MigrationStatus, ShadowRecord } from './dependencies.js';
import { AdminError } from './errors.js';
import { refuseUnknown } from './find-bucket.js';
import type { ShadowInput } from './schemas.js';
import { isComplete } from './views.js';

/** How long the proof may take that a shadow has nothing of its own left. */
const SURVEY_DEADLINE_MS = 120_000;
const MAX_KEYS_NAMED = 3;

type LeavingDependencies = Pick<AdminDependencies, 'buckets' | 'migrations'>;

/**
 * The shadow as it is stored; its name is the bucket's own unless it was given. Who only sends new keys for the shadow that a
 * bucket has, its `current` one, does not change how it is written.
 */
export function toShadowRecord(
  input: ShadowInput,
  { bucket, since, current }: { bucket: string; since: string; current?: ShadowRecord | undefined },
): ShadowRecord {
  const writeThrough = input.write_through ?? current?.writeThrough ?? false;
  return {
    name: input.name ?? bucket,
    endpoint: input.endpoint,
    region: input.region,
    accessKeyId: input.access_key_id,
    secretAccessKey: input.secret_access_key,
    writeThrough,
    rung: modeOf(writeThrough),
    aim: modeOf(writeThrough),
    delete: input.delete ?? current?.delete ?? 'both',
    since,
  };
}

const modeOf = (writeThrough: boolean) => (writeThrough ? 'write-through' : 'read-through');

/**
 * Takes the shadow away and forgets what the state holds of it. Throws AdminError 409 while something would be lost,
 * unless `force`.
 */
export async function leaveShadow(
  record: BucketRecord,
  { force }: { readonly force: boolean },
  deps: LeavingDependencies,
): Promise<void> {
  if (record.shadow !== null) {
    if (!force) assertNothingLost(await deps.migrations.status(record, SURVEY_DEADLINE_MS));
    await clearSurveyed(record, deps);
  }
  await deps.migrations.forget(record);
}

/** The survey was of one shadow: another one that was set meanwhile stays. */
async function clearSurveyed(record: BucketRecord, { buckets }: LeavingDependencies): Promise<void> {
  const cleared = await buckets.update(record.name, (current) => {
    if (current.shadow?.since !== record.shadow?.since) {
      throw new AdminError(
        409,
        'shadow_changed',
        `the shadow of "${record.name}" was changed meanwhile: try again`,
      );
    }
    return { ...current, shadow: null };
  });
  if (cleared === undefined) refuseUnknown(record.name);
}

type Address = Pick<ShadowRecord, 'endpoint' | 'name'>;

/** Whether two settings lead to the same bucket: then only keys or options differ. */
export function isSameBucket(one: Address, other: Address): boolean {
  return one.endpoint === other.endpoint && one.name === other.name;
}

/** Whether a shadow is asked in another way, or for more, than with the settings that the bucket has, which were tried. */
export function asksMore(shadow: ShadowRecord, current: ShadowRecord): boolean {
  return (
    shadow.region !== current.region ||
    shadow.accessKeyId !== current.accessKeyId ||
    shadow.secretAccessKey !== current.secretAccessKey ||
    (shadow.writeThrough && !current.writeThrough) ||
    (shadow.delete === 'both' && current.delete === 'target')
  );
}

function assertNothingLost(status: MigrationStatus): void {
  if (isComplete(status)) return;
  const advice = status.problem === undefined ? 'copy what is left first' : 'try again when it answers';
  throw new AdminError(409, 'not_migrated', `${whatIsLeft(status)}; ${advice}, or force`);
}

function whatIsLeft({ exact, remaining, firstRemaining, problem }: MigrationStatus): string {
  if (problem !== undefined) return `what only the shadow has cannot be counted: ${problem}`;
  if (remaining === 0) return 'there was no time to count what only the shadow has';
  const count = `${exact ? '' : 'at least '}${remaining} object${remaining === 1 ? '' : 's'}`;
  const keys = firstRemaining.slice(0, MAX_KEYS_NAMED).map((key) => JSON.stringify(key));
  return `only the shadow has ${count}: ${keys.join(', ')}${remaining > keys.length ? ', ...' : ''}`;
}
