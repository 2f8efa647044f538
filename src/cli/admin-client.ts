import {
  type Access,
  type Answer,
  type Method,
  NotLoggedIn,
  notLoggedIn,
  type Sending,
  send,
  sendForLines,
} from './admin-http.js';
import { CliError, UsageError } from './failure.js';
import type { Io } from './io.js';
import { openSessionFile } from './session-file.js';

const DEFAULT_URL = 'http://127.0.0.1:9000';

/** Speaks to the admin API of one gateway. Every refusal is a CliError with the gateway's own sentence. */
export interface AdminClient {
  /** Where the gateway is, as the command was told. */
  readonly url: string;
  /** The answer's JSON, trusted to be what the API's document says; undefined for an answer without a body. */
  request<T>(method: Method, path: string, body?: object): Promise<T>;
  /** The lines of an answer that is as long as the bucket has keys. */
  lines(path: string): AsyncGenerator<string>;
  /** As a GET, but one that can be broken off. */
  read<T>(path: string, signal: AbortSignal): Promise<T>;
}

/** The gateway's URL: as given, from PENUMBRA_URL, or the default. Throws UsageError unless it is an http(s) URL. */
export function gatewayUrl(io: Io, given?: string): string {
  const value = given ?? io.environment.url ?? DEFAULT_URL;
  if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol)) {
    throw new UsageError(`gateway URL "${value}" must be an http:// or https:// URL (--url, PENUMBRA_URL)`);
  }
  return value.replace(/\/+$/, '');
}

/** Resolves to the session cookie. */
export async function logIn(url: string, password: string): Promise<string> {
  const { cookie } = await send(url, { method: 'POST', path: '/login', body: { password } });
  if (cookie === undefined) throw new CliError(`${url} set no session cookie`);
  return cookie;
}

/**
 * Runs a command with PENUMBRA_TOKEN, or in a session: opened with PENUMBRA_ADMIN_PASSWORD for this command alone, and anew when it has ended
 * meanwhile, or the one of `login`.
 */
export async function withAdmin<T>(io: Io, use: (client: AdminClient) => Promise<T>): Promise<T> {
  const url = gatewayUrl(io);
  const { token, adminPassword: password } = io.environment;
  if (token !== undefined) return use(clientOf(url, { authorization: `Bearer ${token}` }));
  if (password === undefined) return use(clientOf(url, { cookie: await storedCookie(io, url) }));
  const open = async () => ({ cookie: await logIn(url, password) });
  const client = clientOf(url, await open(), open);
  return use(client).finally(() => endSession(client));
}

/** The command's own outcome counts; a session that could not be ended expires. */
async function endSession(client: AdminClient): Promise<void> {
  await client.request('POST', '/logout').catch((error: unknown) => {
    if (!(error instanceof CliError)) throw error;
  });
}

async function storedCookie(io: Io, url: string): Promise<string> {
  const cookie = await openSessionFile(io.environment).read(url);
  if (cookie === undefined) throw notLoggedIn(url);
  return cookie;
}

function clientOf(url: string, first: Access, again?: () => Promise<Access>): AdminClient {
  let access = first;

  async function ask(sending: Sending): Promise<Answer> {
    try {
      return await send(url, { ...sending, access });
    } catch (error) {
      if (!(error instanceof NotLoggedIn) || !again) throw error;
      access = await again();
      return send(url, { ...sending, access });
    }
  }

  return {
    url,
    async request<T>(method: Method, path: string, body?: object) {
      const { json } = await ask({ method, path, ...(body && { body }) });
      return json as T;
    },
    async read<T>(path: string, signal: AbortSignal) {
      const { json } = await ask({ method: 'GET', path, signal });
      return json as T;
    },
    lines: (path) => sendForLines(url, { method: 'GET', path, access }),
  };
}
