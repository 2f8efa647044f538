import { Command } from 'commander';
import { addServe, addWorker } from './commands/serve.js';
import type { Io } from './io.js';

/** The commands of `penumbra`, as far as `args` may ask for them. Parsing throws CommanderError in place of ending the process. */
export async function createProgram([command]: readonly string[], io: Io): Promise<Command> {
  const program = new Command('penumbra')
    .description('an S3 gateway that moves a bucket to another store while it is in use')
    .version(io.version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      outputError: (text, write) => write(`${text.trim().replaceAll('\n', ' ')}\n`),
    });
  addServe(program);
  addWorker(program);
  // A gateway is ready the sooner without all the others.
  if (command === 'serve' || command === 'worker') return program;
  const { addClientCommands } = await import('./client-commands.js');
  addClientCommands(program, io);
  return program;
}
