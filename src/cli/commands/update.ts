import type { Command } from 'commander';
import { withAdmin } from '../admin-client.js';
import { UsageError } from '../failure.js';
import type { Io } from '../io.js';
import { addShadowFlags, hasShadowFlag, readShadowFlags, type ShadowFlags } from '../shadow-flags.js';
import { bucketPath, printStatus } from './status.js';

interface UpdateFlags extends ShadowFlags {
  readonly clearShadow?: true;
  readonly force?: true;
  readonly public?: true;
  readonly private?: true;
  readonly json?: true;
}

export function addUpdate(storage: Command, io: Io): void {
  const command = storage
    .command('update <name>')
    .description("change a bucket's shadow, or who may read it");
  addShadowFlags(command)
    .option('--clear-shadow', 'finish the migration: use the shadow no longer')
    .option('--force', 'leave the shadow although it has objects that were not copied')
    .option('-p, --public', 'let anyone read objects')
    .option('--private', 'let nobody read objects without an access key')
    .option('--json', 'print one JSON document')
    .action((name: string, flags: UpdateFlags) => update(name, flags, io));
}

async function update(name: string, flags: UpdateFlags, io: Io): Promise<void> {
  assertConsistent(flags);
  const shadow = flags.clearShadow ? null : await readShadowFlags(flags, io);
  const isPublic = flags.public ?? (flags.private ? false : undefined);
  await withAdmin(io, async (client) => {
    await client.request('PATCH', bucketPath(name), { shadow, public: isPublic, force: flags.force });
    await printStatus(client, name, { io, asJson: flags.json });
  });
}

function assertConsistent(flags: UpdateFlags): void {
  const isShadowed = hasShadowFlag(flags);
  if (flags.clearShadow && isShadowed)
    throw new UsageError('--clear-shadow and --shadow-* exclude each other');
  if (flags.public && flags.private) throw new UsageError('--public and --private exclude each other');
  if (flags.clearShadow || isShadowed) return;
  if (flags.force) throw new UsageError('--force goes with --clear-shadow or --shadow-*');
  if (!flags.public && !flags.private) {
    throw new UsageError('nothing to change: pass --shadow-*, --clear-shadow, --public or --private');
  }
}
