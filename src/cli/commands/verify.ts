import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import { LEVELS } from '../../sweep/compare/verified.js';
import { withAdmin } from '../admin-client.js';
import type { Io } from '../io.js';
import { addPaceFlags, type PaceFlags, readPaceFlags } from '../pace-flags.js';
import { ACTIONS, type Action, assertFitting, runPassCommand } from '../pass-actions.js';

interface VerifyFlags extends PaceFlags {
  readonly level?: string;
  readonly sample?: number;
  readonly watch?: true;
  readonly json?: true;
}

export function addVerify(storage: Command, io: Io): void {
  const actions = [...ACTIONS.filter((action) => action !== 'retry-failed'), 'findings'];
  const command = storage
    .command('verify <name>')
    .description('compare both buckets, key by key, and show what is not the same')
    .addArgument(new Argument('[action]', 'what to do').choices(actions).default('start'));
  addPaceFlags(command)
    .addOption(
      new Option(
        '--level <level>',
        'by what: the listings, what each store tells of its object (default), or all bytes of both',
      ).choices(LEVELS),
    )
    .addOption(new Option('--sample <percent>', 'look at a share of all keys, such as 1%').argParser(share))
    .option('--watch', 'look on until it is over: a bar on a terminal, else a JSON line for each change')
    .option('--json', 'print one JSON document')
    .action((name: string, action: Action | 'findings', flags: VerifyFlags) =>
      verify(name, action, { flags, io }),
    );
}

async function verify(
  bucket: string,
  action: Action | 'findings',
  { flags, io }: { readonly flags: VerifyFlags; readonly io: Io },
): Promise<void> {
  const command = {
    kind: 'verify' as const,
    bucket,
    action,
    settings: { ...readPaceFlags(flags), level: flags.level, sample: flags.sample },
    watch: flags.watch,
    asJson: flags.json,
  };
  assertFitting(command);
  await withAdmin(io, (client) => runPassCommand(client, command, io));
}

function share(text: string): number {
  const percent = Number(/^(\d+(?:\.\d+)?)%$/.exec(text)?.[1]);
  if (percent > 0 && percent <= 100) return percent / 100;
  throw new InvalidArgumentError('It must be a percentage above 0% and up to 100%, such as 1%.');
}
