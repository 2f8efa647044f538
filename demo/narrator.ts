import { stdout } from 'node:process';

const STARTED = performance.now();

/** Tells on stdout what happens, with the seconds since the start. */
export const tell = (text: string): void => {
  const seconds = ((performance.now() - STARTED) / 1000).toFixed(1).padStart(5);
  stdout.write(`${seconds}s  ${text}\n`);
};

export const chapter = (title: string): void => {
  stdout.write(`\n── ${title} ${'─'.repeat(Math.max(4, 90 - title.length))}\n`);
};

/** The demo shows something else than it claims. */
export class Mismatch extends Error {
  override readonly name = 'Mismatch';
}

/** Tells that a claim holds, or ends the demo. */
export function show(claim: string, holds: boolean): void {
  if (!holds) throw new Mismatch(claim);
  tell(`✔ ${claim}`);
}

export const mebibytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
