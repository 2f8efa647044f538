import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { main } from '../../src/cli/main.js';
import { systemClock } from '../../src/system/clock.js';
import { readEnvironment } from '../../src/system/environment.js';

export interface CliRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Resolves when the reader wants no more. */
  readonly interrupted?: Promise<unknown>;
  /** Whether stdout is a terminal. */
  readonly isTerminal?: boolean;
}

/** What waits between two looks takes no time. */
const clock = { ...systemClock, sleep: (_: number, signal?: AbortSignal) => systemClock.sleep(5, signal) };

/** Runs a command in this process, without a terminal to ask on, with these variables alone. */
export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliRun> {
  const { env = {}, input = '', interrupted = new Promise(() => undefined), isTerminal = false } = options;
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  stdin.end(input);
  const written = Promise.all([text(stdout), text(stderr)]);
  const code = await main(args, {
    environment: readEnvironment(env),
    stdin,
    stdout: Object.assign(stdout, { isTTY: isTerminal, columns: 200 }),
    stderr,
    clock,
    interrupted: () => interrupted,
    version: '1.2.3',
  });
  stdout.end();
  stderr.end();
  const [out, err] = await written;
  return { code, stdout: out, stderr: err };
}
