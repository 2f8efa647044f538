import { readFile } from 'node:fs/promises';
import { Argument, type Command, Option } from 'commander';
import { parseInventoryManifest } from '../../sweep/plan/inventory.js';
import { messageOf } from '../../system/thrown.js';
import { withAdmin } from '../admin-client.js';
import { bucketPath } from '../bucket-path.js';
import { CliError, UsageError } from '../failure.js';
import type { Io } from '../io.js';
import { type NamedSweep, sweepNamed } from '../named-sweep.js';
import { addPaceFlags, type PaceFlags, readPaceFlags } from '../pace-flags.js';
import { ACTIONS, type Action, assertFitting, runPassCommand } from '../pass-actions.js';

interface SweepFlags extends PaceFlags {
  readonly onDrift?: string;
  readonly catchUp?: boolean;
  readonly fromManifest?: string;
  readonly inventory?: string;
  readonly key?: readonly string[];
  readonly watch?: true;
  readonly json?: true;
}

export function addSweep(storage: Command, io: Io): void {
  const command = storage
    .command('sweep <name>')
    .description('copy in the background what only the shadow has, and show how far that is')
    .addArgument(new Argument('<action>', 'what to do').choices([...ACTIONS, 'failures']));
  addPaceFlags(command)
    .addOption(
      new Option('--on-drift <what>', 'about keys that changed in the shadow after their copy').choices([
        'report',
        'source-wins',
        'target-wins',
      ]),
    )
    .option('--catch-up', 'let passes follow each other until one finds nothing to copy')
    .option('--no-catch-up', 'let no other pass follow')
    .option(
      '--from-manifest <file>',
      'with start: sweep the keys that this file names, one per line, in place of all',
    )
    .option('--inventory <manifest.json>', 'the file is of S3 Inventory (CSV), and this is its manifest')
    .option('--key <key...>', 'with retry-failed: these alone, in place of all that failed')
    .option('--watch', 'look on until it is over: a bar on a terminal, else a JSON line for each change')
    .option('--json', 'print one JSON document')
    .action((name: string, action: Action | 'failures', flags: SweepFlags) =>
      sweep(name, action, { flags, io }),
    );
}

async function sweep(
  bucket: string,
  action: Action | 'failures',
  { flags, io }: { readonly flags: SweepFlags; readonly io: Io },
): Promise<void> {
  const command = {
    kind: 'sweep' as const,
    bucket,
    action: action === 'failures' ? ('findings' as const) : action,
    settings: { ...readPaceFlags(flags), on_drift: flags.onDrift, catch_up: flags.catchUp },
    keys: flags.key,
    watch: flags.watch,
    asJson: flags.json,
  };
  assertFitting(command);
  const manifest = await manifestOf(action, flags);
  await withAdmin(io, async (client) => {
    if (manifest === undefined) return runPassCommand(client, command, io);
    const { settings } = command;
    await sweepNamed({ client, path: `${bucketPath(bucket)}/sweep`, settings, ...manifest });
    // From here on it is one as any other.
    return runPassCommand(client, { ...command, action: 'status', settings: {} }, io);
  });
}

/** @throws UsageError, CliError */
async function manifestOf(
  action: Action | 'failures',
  { fromManifest: file, inventory }: SweepFlags,
): Promise<Pick<NamedSweep, 'file' | 'format'> | undefined> {
  if (file === undefined && inventory !== undefined)
    throw new UsageError('--inventory goes with --from-manifest');
  if (file === undefined) return undefined;
  if (action !== 'start') throw new UsageError(`--from-manifest goes with start, not with ${action}`);
  if (inventory === undefined) return { file, format: 'keys' };
  return { file, format: { columns: await columnsOf(inventory) } };
}

async function columnsOf(path: string): Promise<readonly string[]> {
  try {
    return parseInventoryManifest(await readFile(path, 'utf8')).columns;
  } catch (error) {
    throw new CliError(`${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
