import { Argument, type Command, Option } from 'commander';
import { withAdmin } from '../admin-client.js';
import type { Io } from '../io.js';
import { addPaceFlags, type PaceFlags, readPaceFlags } from '../pace-flags.js';
import { ACTIONS, type Action, assertFitting, runPassCommand } from '../pass-actions.js';

interface SweepFlags extends PaceFlags {
  readonly onDrift?: string;
  readonly catchUp?: boolean;
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
    watch: flags.watch,
    asJson: flags.json,
  };
  assertFitting(command);
  await withAdmin(io, (client) => runPassCommand(client, command, io));
}
