import { text } from 'node:stream/consumers';
import { CliError, UsageError } from './failure.js';
import { type Io, isInteractive } from './io.js';

/** Asks on the terminal without showing what is typed. Throws CliError when the reader gives up. */
export async function askSecret(io: Io, message: string): Promise<string> {
  const { password, isCancel } = await import('@clack/prompts');
  const answer = await password({ message, input: io.stdin, output: io.stderr, validate: refuseEmpty });
  if (isCancel(answer)) throw new CliError('cancelled');
  return answer;
}

function refuseEmpty(value: string | undefined): string | undefined {
  return value ? undefined : 'must not be empty';
}

/** Asks on the terminal; without one, takes all of stdin but its last line break. */
export async function readSecret(io: Io, message: string): Promise<string> {
  if (isInteractive(io)) return askSecret(io, message);
  const given = (await text(io.stdin)).replace(/\r?\n$/, '');
  if (given === '') throw new UsageError(`${message} expected on stdin`);
  return given;
}

/** Throws CliError unless the reader agrees, UsageError where there is nobody to ask. */
export async function confirmOrRefuse(io: Io, message: string): Promise<void> {
  if (!isInteractive(io)) throw new UsageError('there is no terminal to ask on: pass -y to go ahead');
  const { confirm } = await import('@clack/prompts');
  const answer = await confirm({ message, input: io.stdin, output: io.stderr, initialValue: false });
  if (answer !== true) throw new CliError('cancelled');
}
