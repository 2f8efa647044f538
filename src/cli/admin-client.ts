import { request } from 'undici';
import { CliError, UsageError } from './failure.js';
import type { Io } from './io.js';
import { openSessionFile } from './session-file.js';

const DEFAULT_URL = 'http://127.0.0.1:9000';
const ADMIN_PATH = '/_/api/admin';

/** The gateway itself answers sooner, also when it counts a large bucket. */
const ANSWER_TIMEOUT_MS = 300_000;

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** Speaks to the admin API of one gateway. Every refusal is a CliError with the gateway's own sentence. */
export interface AdminClient {
  /** Where the gateway is, as the command was told. */
  readonly url: string;
  /** The answer's JSON, trusted to be what the API's document says; undefined for an answer without a body. */
  request<T>(method: Method, path: string, body?: object): Promise<T>;
}

interface Answer {
  readonly cookie: string | undefined;
  readonly json: unknown;
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

/** Runs a command in a session: opened with PENUMBRA_ADMIN_PASSWORD for this command alone, or the one of `login`. */
export async function withAdmin<T>(io: Io, use: (client: AdminClient) => Promise<T>): Promise<T> {
  const url = gatewayUrl(io);
  const password = io.environment.adminPassword;
  if (password === undefined) return use(clientOf(url, await storedCookie(io, url)));
  const client = clientOf(url, await logIn(url, password));
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

function notLoggedIn(url: string): CliError {
  return new CliError(`not logged in to ${url}: run "penumbra login", or set PENUMBRA_ADMIN_PASSWORD`);
}

function clientOf(url: string, cookie: string): AdminClient {
  return {
    url,
    async request<T>(method: Method, path: string, body?: object) {
      const { json } = await send(url, { method, path, cookie, ...(body && { body }) });
      return json as T;
    },
  };
}

interface Sending {
  readonly method: Method;
  readonly path: string;
  readonly body?: object;
  readonly cookie?: string;
}

async function send(url: string, { method, path, body, cookie }: Sending): Promise<Answer> {
  const response = await request(`${url}${ADMIN_PATH}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...(cookie && { cookie }) },
    body: body === undefined ? null : JSON.stringify(body),
    headersTimeout: ANSWER_TIMEOUT_MS,
    bodyTimeout: ANSWER_TIMEOUT_MS,
  }).catch((error: unknown) => {
    throw new CliError(`no gateway answers at ${url}: ${reasonOf(error)}`, { cause: error });
  });
  const json = parseJson(await response.body.text());
  if (response.statusCode >= 300) throw refusal(response.statusCode, json, url);
  return { cookie: sessionCookie(response.headers['set-cookie']), json };
}

/** `name=value` of the only cookie that the gateway sets. */
function sessionCookie(header: string | string[] | undefined): string | undefined {
  return [header ?? []].flat()[0]?.split(';', 1)[0];
}

function refusal(status: number, json: unknown, url: string): CliError {
  const problem = json as { error?: { code?: string; message?: string } } | undefined;
  if (problem?.error?.code === 'unauthenticated') return notLoggedIn(url);
  return new CliError(
    problem?.error?.message ?? `what answers at ${url} is no Penumbra gateway (HTTP ${status})`,
  );
}

function parseJson(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** A host with several addresses fails with one error for each. */
function reasonOf(error: unknown): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  return first instanceof Error ? first.message : String(first);
}
