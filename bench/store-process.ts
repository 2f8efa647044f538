import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Store } from './mover.js';

export interface StoreProcess extends Store {
  readonly pid: number;
  /** SIGTERM, then waits for the end; resolves to what it had to say. */
  stop(): Promise<string>;
}

/**
 * Runs a store in a process of its own, so that the mover's memory is the mover's alone: a script beside this one, which tells its endpoint on the
 * first line of its output.
 */
export async function startStoreProcess(script: string, args: readonly string[]): Promise<StoreProcess> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, [path, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${script} ended with ${code} before it listened`);
  });
  const [line]: Buffer[] = await Promise.race([once(child.stdout, 'data'), ended]);
  ended.catch(() => undefined);
  const said = text(child.stdout);
  return {
    endpoint: String(line).trim(),
    region: 'auto',
    accessKeyId: 'a',
    secretAccessKey: 'b',
    pid: child.pid ?? 0,
    async stop() {
      child.kill('SIGTERM');
      return said;
    },
  };
}
