import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Environment } from '../system/environment.js';
import { CliError } from './failure.js';

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

type Sessions = Readonly<Record<string, string>>;

async function readSessions(path: string): Promise<Sessions> {
  const content = await readFile(path, 'utf8').catch(emptyIfMissing);
  try {
    return parseSessions(content);
  } catch (cause) {
    throw new CliError(`${path} is damaged: remove it and log in again`, { cause });
  }
}

/** By hand: loading a schema library would take longer than all else that most commands do. */
function parseSessions(content: string): Sessions {
  const parsed: unknown = JSON.parse(content);
  if (typeof parsed === 'object' && parsed !== null && Object.values(parsed).every(isString)) {
    return parsed as Sessions;
  }
  throw new TypeError('not an object of strings');
}

function isString(value: unknown): boolean {
  return typeof value === 'string';
}

function emptyIfMissing(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return '{}';
  throw error;
}
