import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { Environment } from '../system/environment.js';
import { CliError } from './failure.js';

const sessionsSchema = z.record(z.string(), z.string());

/** Session cookies by the URL of the gateway, in a file that only its owner can read. */
export interface SessionFile {
  read(url: string): Promise<string | undefined>;
  write(url: string, cookie: string): Promise<void>;
}

/** The file is `penumbra/sessions.json` under $XDG_CONFIG_HOME, else under ~/.config. */
export function openSessionFile({ configHome }: Environment): SessionFile {
  const path = join(configHome ?? join(homedir(), '.config'), 'penumbra', 'sessions.json');
  return {
    read: async (url) => (await readSessions(path))[url],
    async write(url, cookie) {
      const sessions = { ...(await readSessions(path)), [url]: cookie };
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      const draft = `${path}.${process.pid}`;
      await writeFile(draft, JSON.stringify(sessions), { mode: 0o600 });
      await rename(draft, path);
    },
  };
}

async function readSessions(path: string): Promise<Record<string, string>> {
  const content = await readFile(path, 'utf8').catch(emptyIfMissing);
  try {
    return sessionsSchema.parse(JSON.parse(content));
  } catch (cause) {
    throw new CliError(`${path} is damaged: remove it and log in again`, { cause });
  }
}

function emptyIfMissing(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return '{}';
  throw error;
}
