import { type Command, InvalidArgumentError, Option } from 'commander';
import { MAX_WAIT_SECONDS } from '../../gateway/admin/limits.js';
import type { ChangedBucketJson, ProofJson, SwitchingJson } from '../../gateway/admin/schemas.js';
import { withAdmin } from '../admin-client.js';
import { bucketPath } from '../bucket-path.js';
import { CliError, UsageError } from '../failure.js';
import { formatBytes, formatObjects } from '../format.js';
import type { Io } from '../io.js';
import { addShadowFlags, hasShadowFlag, readShadowChanges, type ShadowFlags } from '../shadow-flags.js';
import { printStatus } from './status.js';

interface UpdateFlags extends ShadowFlags {
  readonly clearShadow?: true;
  readonly whenDrained?: boolean;
  readonly swapShadow?: true;
  readonly force?: true;
  readonly public?: true;
  readonly sweep?: true;
  readonly private?: true;
  readonly wait: number;
  readonly json?: true;
}

export function addUpdate(storage: Command, io: Io): void {
  const command = storage
    .command('update <name>')
    .description("change a bucket's shadow, or who may read it");
  addShadowFlags(command)
    .option('--clear-shadow', 'finish the migration: use the shadow no longer')
    .option('--when-drained', 'with --clear-shadow: sweep until nothing is left, then clear it by itself')
    .option('--no-when-drained', 'let it not be cleared by itself any more')
    .option('--swap-shadow', 'with write-through: have target and shadow change places')
    .option(
      '--force',
      'leave the shadow although it has objects that were not copied; swap without waiting for gateways that are out of touch',
    )
    .option('--sweep', 'begin to copy what the shadow has')
    .option('-p, --public', 'let anyone read objects')
    .option('--private', 'let nobody read objects without an access key')
    .addOption(
      new Option('--wait <seconds>', 'how long to wait until all gateways serve the new settings')
        .argParser(wholeSeconds)
        .default(60),
    )
    .option('--json', 'print one JSON document')
    .action((name: string, flags: UpdateFlags) => update(name, flags, io));
}

async function update(name: string, flags: UpdateFlags, io: Io): Promise<void> {
  assertConsistent(flags);
  const shadow = flags.clearShadow ? null : await readShadowChanges(flags, io);
  const isPublic = flags.public ?? (flags.private ? false : undefined);
  await withAdmin(io, async (client) => {
    const { force, wait: wait_seconds, json: asJson, whenDrained: when_drained } = flags;
    const changes = flags.swapShadow
      ? { swap_shadow: true, force, wait_seconds }
      : when_drained === undefined
        ? { shadow, public: isPublic, force, wait_seconds }
        : { when_drained };
    const { proof } = await client.request<ChangedBucketJson>('PATCH', bucketPath(name), changes);
    if (proof && !asJson) io.stdout.write(`${proofText(proof)}\n`);
    const begun = flags.sweep ? client.request('POST', `${bucketPath(name)}/sweep`) : Promise.resolve();
    const told = begun.then(() => printStatus(client, name, { io, asJson, proof }));
    const status = await told.catch((error: unknown) => {
      throw error instanceof CliError ? new SavedUnseen(name, error) : error;
    });
    if ((shadow !== undefined || flags.swapShadow) && status.switching)
      throw new NotYetSwitched(name, status.switching);
  });
}

/** The settings are saved; how far it is cannot be told. */
class SavedUnseen extends CliError {
  override readonly name = 'SavedUnseen';

  constructor(bucket: string, cause: CliError) {
    super(`the change of ${bucket} is saved; its status is not known: ${cause.message}`, { cause });
  }
}

/** The settings are saved; what they ask for is not so yet. */
class NotYetSwitched extends CliError {
  override readonly name = 'NotYetSwitched';

  constructor(bucket: string, { waiting_for }: SwitchingJson) {
    const who = waiting_for.length === 0 ? '' : `, and waits for ${waiting_for.join(', ')}`;
    super(
      `the change of ${bucket} is saved and still under way${who}; it goes on by itself (storage status ${bucket})`,
    );
  }
}

/** What was verified before the shadow went. */
function proofText({ objects, bytes, by, at }: ProofJson): string {
  const how = by === 'listings' ? 'by the listings of both stores' : `by the sweep that ended at ${at}`;
  return `verified ${how}: all ${formatObjects(objects)} of the shadow (${formatBytes(bytes)}) are in the target, or clients deleted or replaced them`;
}

function assertWhenDrainedAlone(flags: UpdateFlags, isShadowed: boolean): void {
  if (flags.whenDrained && !flags.clearShadow)
    throw new UsageError('--when-drained goes with --clear-shadow');
  if (!flags.whenDrained && flags.clearShadow)
    throw new UsageError('--no-when-drained and --clear-shadow exclude each other');
  if (isShadowed || flags.sweep || flags.force || flags.public || flags.private)
    throw new UsageError('--when-drained and --no-when-drained stand alone but for --clear-shadow');
}

function assertSwapAlone(flags: UpdateFlags, isShadowed: boolean): void {
  if (isShadowed || flags.clearShadow || flags.sweep || flags.public || flags.private)
    throw new UsageError('--swap-shadow stands alone but for --force and --wait');
}

function wholeSeconds(text: string): number {
  const seconds = Number(text);
  if (/^\d+$/.test(text) && seconds <= MAX_WAIT_SECONDS) return seconds;
  throw new InvalidArgumentError(`It must be a whole number of seconds from 0 to ${MAX_WAIT_SECONDS}.`);
}

function assertConsistent(flags: UpdateFlags): void {
  const isShadowed = hasShadowFlag(flags);
  if (flags.whenDrained !== undefined) {
    if (flags.swapShadow) throw new UsageError('--swap-shadow and --when-drained exclude each other');
    assertWhenDrainedAlone(flags, isShadowed);
    return;
  }
  if (flags.swapShadow) {
    assertSwapAlone(flags, isShadowed);
    return;
  }
  if (flags.clearShadow && isShadowed)
    throw new UsageError('--clear-shadow and --shadow-* exclude each other');
  if (flags.sweep && !isShadowed) throw new UsageError('--sweep goes with --shadow-* (or use storage sweep)');
  if (flags.public && flags.private) throw new UsageError('--public and --private exclude each other');
  if (flags.clearShadow || isShadowed) return;
  if (flags.force) throw new UsageError('--force goes with --clear-shadow, --swap-shadow or --shadow-*');
  if (!flags.public && !flags.private) {
    throw new UsageError(
      'nothing to change: pass --shadow-*, --clear-shadow, --swap-shadow, --public or --private',
    );
  }
}
