import type { Command } from 'commander';
import type { Config } from '../../gateway/config.js';
import { CliError } from '../failure.js';
import { formatMany } from '../format.js';
import { type Io, print } from '../io.js';

interface CheckFlags {
  readonly config?: string;
  readonly json?: true;
}

export function addConfig(program: Command, io: Io): void {
  const config = program.command('config').description('what a gateway would run with');
  config
    .command('check')
    .description('find everything that is wrong with the configuration')
    .option('--config <file>', 'YAML file with the backends (or PENUMBRA_CONFIG)')
    .option('--json', 'print one JSON document')
    .action((flags: CheckFlags) => check(flags, io));
  config
    .command('print')
    .description('print the configuration with all defaults, without secrets, as YAML')
    .option('--config <file>', 'YAML file with the backends (or PENUMBRA_CONFIG)')
    .action((flags: CheckFlags) => printConfig(flags, io));
}

async function check(flags: CheckFlags, io: Io): Promise<void> {
  const { problems } = await load(flags, io);
  const text = problems.length === 0 ? ['the configuration is in order'] : problems;
  print(io, { json: { problems }, text }, flags.json);
  assertNone(problems);
}

async function printConfig(flags: CheckFlags, io: Io): Promise<void> {
  const { config, problems } = await load(flags, io);
  if (config) io.stdout.write((await import('../../gateway/config-text.js')).configText(config));
  for (const problem of problems) io.stderr.write(`${problem}\n`);
  assertNone(problems);
}

interface Loaded {
  readonly config?: Config;
  readonly problems: readonly string[];
}

/** Loads what reads configurations only here: the other commands need none of it. */
async function load({ config: file }: CheckFlags, { environment }: Io): Promise<Loaded> {
  const [{ loadConfig }, { ConfigError }] = await Promise.all([
    import('../../gateway/config.js'),
    import('../../gateway/config-file.js'),
  ]);
  try {
    const config = await loadConfig({ flags: { config: file }, environment, cwd: process.cwd() });
    return { config, problems: [] };
  } catch (error) {
    if (error instanceof ConfigError) return { problems: error.problems };
    throw error;
  }
}

function assertNone({ length }: readonly string[]): void {
  if (length > 0) throw new CliError(`the configuration has ${formatMany(length, 'problem')}`);
}
