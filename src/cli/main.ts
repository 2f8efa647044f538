import { CommanderError } from 'commander';
import { stopSignal } from '../gateway/stop-signal.js';
import { systemClock } from '../system/clock.js';
import { quietSdk, readEnvironment } from '../system/environment.js';
import { messageOf } from '../system/thrown.js';
import { CliError, EXIT } from './failure.js';
import type { Io } from './io.js';
import { createProgram } from './program.js';

/** Runs one command, such as `['storage', 'list']`. Resolves to the exit code; an error is one line on stderr. */
export async function main(args: readonly string[], io: Io): Promise<number> {
  try {
    const program = await createProgram(args, io);
    await program.parseAsync(args, { from: 'user' });
    return EXIT.done;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    io.stderr.write(`error: ${messageOf(error).replaceAll('\n', ' ')}\n`);
    return error instanceof CliError ? error.exitCode : EXIT.failed;
  }
}

/** Runs one command in this process. */
export async function runInProcess(args: readonly string[], version: string): Promise<void> {
  quietSdk();
  const { stdin, stdout, stderr } = process;
  // Whoever reads along may have seen enough, as `head` does.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  const environment = readEnvironment();
  const io = { environment, stdin, stdout, stderr, clock: systemClock, interrupted: stopSignal, version };
  process.exitCode = await main(args, io);
}
