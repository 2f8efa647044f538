import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

export interface ProcessOptions {
  /** Added to the environment of the tests; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

export interface FinishedProcess {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningProcess {
  readonly pid: number;
  /** The line that `until` matched. */
  readonly line: string;
  /** Standard output and error so far, for the message of a failed test. */
  output(): string;
  /** Resolves to the exit code when the process has ended; 128 when a signal ended it. */
  readonly exited: Promise<number>;
  /** Ends this process and waits for it; SIGTERM unless told otherwise. */
  stop(signal?: NodeJS.Signals): Promise<number>;
}

// Tests that are killed cannot end what they started: the kernel does.
const DIES_WITH_PARENT = process.platform === 'linux' ? ['setpriv', '--pdeathsig', 'TERM', '--'] : [];

const running = new Set<ChildProcessWithoutNullStreams>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Runs a program to its end, with `input` on its standard input. */
export async function run(
  command: string,
  args: readonly string[],
  { input = '', ...options }: ProcessOptions & { readonly input?: string } = {},
): Promise<FinishedProcess> {
  const { child, exited } = launch(command, args, options);
  child.stdin.on('error', () => child.stdin.destroy());
  child.stdin.end(input);
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
  return { code, stdout, stderr };
}

/** Starts a program and waits for a line of its standard output; rejects when it ends before. */
export async function startProcess(
  command: string,
  args: readonly string[],
  { until, ...options }: ProcessOptions & { readonly until: RegExp },
): Promise<RunningProcess> {
  const { child, exited } = launch(command, args, options);
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
      const match = completeLines(output).find((candidate) => until.test(candidate));
      if (match !== undefined) resolve(match);
    });
    const tooEarly = (code: number) => reject(new Error(`${command} ended (${code}) too early:\n${output}`));
    exited.then(tooEarly, reject);
  });
  return {
    pid: child.pid ?? 0,
    line,
    output: () => output,
    exited,
    stop(signal = 'SIGTERM') {
      child.kill(signal);
      return exited;
    },
  };
}

function launch(command: string, args: readonly string[], { env, cwd }: ProcessOptions) {
  const [program = command, ...rest] = [...DIES_WITH_PARENT, command, ...args];
  const child = spawn(program, rest, { env: { ...process.env, ...env }, ...(cwd !== undefined && { cwd }) });
  running.add(child);
  const exited = once(child, 'close').then(([code]) => {
    running.delete(child);
    return Number(code ?? 128);
  });
  return { child, exited };
}

const completeLines = (output: string): string[] => output.split('\n').slice(0, -1);
