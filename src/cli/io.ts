import type { Readable, Writable } from 'node:stream';
import type { Clock } from '../system/clock.js';
import type { Environment } from '../system/environment.js';

/** What a command has of the process that it runs in. */
export interface Io {
  readonly environment: Environment;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  readonly clock: Clock;
  /** Resolves when the reader wants no more. Until a command asks for it, that ends the process. */
  readonly interrupted: () => Promise<unknown>;
  /** Of the package. */
  readonly version: string;
}

/** Whether there is someone to ask: questions go to stderr, so that stdout has the answer alone. */
export function isInteractive({ stdin, stderr }: Io): boolean {
  return stdin.isTTY === true && stderr.isTTY === true;
}

export interface Output {
  readonly json: unknown;
  /** Lines for a reader. */
  readonly text: readonly string[];
}

/** One JSON document with --json, else the lines. */
export function print(io: Io, { json, text }: Output, asJson: boolean | undefined): void {
  const lines = asJson ? [JSON.stringify(json, null, 2)] : text;
  for (const line of lines) io.stdout.write(`${line}\n`);
}
