import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { memorySettings } from '../src/system/environment.js';

const BIN = fileURLToPath(new URL('../../bin/', import.meta.url));

type Environment = Readonly<Record<string, string>>;

/** Settings that somebody has for a Penumbra of their own are none of the stage's. */
const INHERITED = Object.fromEntries(
  Object.entries(process.env).filter(([variable]) => !variable.startsWith('PENUMBRA_')),
);

export interface Served {
  readonly url: string;
  readonly pid: number;
  /** SIGTERM, then waits for the end. */
  stop(): Promise<void>;
}

const READY_WITHIN_MS = 15_000;

/** `penumbra serve` as a process of its own, on a port that the system picks; its log goes to a file. */
export async function serve(
  name: string,
  folder: string,
  env: Environment,
  args: string[] = [],
): Promise<Served> {
  const child = spawn(
    process.execPath,
    [join(BIN, 'penumbra.js'), 'serve', '--port', '0', '--data', join(folder, name), ...args],
    { env: { ...INHERITED, ...memorySettings(INHERITED), ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  child.stderr.pipe(createWriteStream(join(folder, `${name}.log`)));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const url = await listening(name, child, ended);
  return {
    url,
    pid: child.pid ?? 0,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function listening(name: string, child: ChildProcess, ended: Promise<void>): Promise<string> {
  const said = new Promise<string>((resolve, reject) => {
    let output = '';
    let complaint = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      complaint += chunk.toString();
    });
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const url = /listening on (\S+)/.exec(output)?.[1];
      if (url) resolve(url);
    });
    ended.then(() => reject(new Error(`${name} ended before it listened: ${complaint.trim()}`)));
    setTimeout(() => reject(new Error(`${name} does not listen`)), READY_WITHIN_MS).unref();
  });
  return said.catch((error: unknown) => {
    child.kill('SIGKILL');
    throw error;
  });
}

/** Runs `storage …` and returns what it printed. @throws Error with its stderr when it does not exit with 0 */
export async function storage(args: string[], env: Environment): Promise<string> {
  const child = spawn(process.execPath, [join(BIN, 'storage.js'), ...args], {
    env: { ...INHERITED, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`storage ${args[0]} exited with ${code}: ${output.stderr.trim()}`);
  return output.stdout;
}
