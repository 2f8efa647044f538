import { MAX_ANSWER_SECONDS } from '../gateway/admin/limits.js';
import { messageOf } from '../system/thrown.js';
import { CliError } from './failure.js';

const ADMIN_PATH = '/_/api/admin';

/** The gateway itself answers sooner, also when it counts a large bucket. */
const ANSWER_TIMEOUT_MS = (MAX_ANSWER_SECONDS + 60) * 1_000;

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

export interface Answer {
  /** `name=value` of the session cookie, when one was set. */
  readonly cookie: string | undefined;
  readonly json: unknown;
}

/** By a session, or by a token (RFC 6750). */
export type Access = { readonly cookie: string } | { readonly authorization: string };

export interface Sending {
  readonly method: Method;
  readonly path: string;
  readonly body?: object;
  /** The fields that show who sends it. */
  readonly access?: Access;
  /** Breaks the exchange off. */
  readonly signal?: AbortSignal;
}

/** No answer, or none that a gateway gives that is as it should be: it may be back soon. */
export class GatewayAway extends CliError {
  override readonly name = 'GatewayAway';
}

export class NotLoggedIn extends CliError {
  override readonly name = 'NotLoggedIn';
}

/** One exchange with the admin API. Throws GatewayAway, or another CliError: the gateway's refusal in its own sentence. */
export async function send(url: string, sending: Sending): Promise<Answer> {
  const response = await exchange(url, sending);
  const text = await response.body.text().catch((error: unknown) => {
    throw brokenOff(url, error);
  });
  const json = parseJson(text);
  const isForeign = text !== '' && json === undefined;
  if (response.statusCode >= 300 || isForeign) throw refusal(response.statusCode, json, url);
  return { cookie: sessionCookie(response.headers['set-cookie']), json };
}

/** The lines of an answer, as they come. Throws CliError: no gateway, its refusal, or that it broke off. */
export async function* sendForLines(url: string, sending: Sending): AsyncGenerator<string> {
  const response = await exchange(url, sending);
  if (response.statusCode >= 300)
    throw refusal(response.statusCode, parseJson(await response.body.text()), url);
  let rest = '';
  try {
    for await (const chunk of response.body.setEncoding('utf8') as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  } catch (error) {
    throw brokenOff(url, error);
  }
  if (rest !== '') throw new CliError(`the answer of ${url} broke off in the middle of a line`);
}

const brokenOff = (url: string, error: unknown): GatewayAway =>
  new GatewayAway(`the answer of ${url} broke off: ${reasonOf(error)}`, { cause: error });

async function exchange(url: string, { method, path, body, access, signal }: Sending) {
  const { request } = await import('undici');
  return request(`${url}${ADMIN_PATH}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...access },
    body: body === undefined ? null : JSON.stringify(body),
    headersTimeout: ANSWER_TIMEOUT_MS,
    bodyTimeout: ANSWER_TIMEOUT_MS,
    signal: signal ?? null,
  }).catch((error: unknown) => {
    throw new GatewayAway(`no gateway answers at ${url}: ${reasonOf(error)}`, { cause: error });
  });
}

export function notLoggedIn(url: string): NotLoggedIn {
  return new NotLoggedIn(
    `not logged in to ${url}: run "penumbra login", or set PENUMBRA_ADMIN_PASSWORD or PENUMBRA_TOKEN`,
  );
}

/** `name=value` of the only cookie that the gateway sets. */
function sessionCookie(header: string | string[] | undefined): string | undefined {
  return [header ?? []].flat()[0]?.split(';', 1)[0];
}

function refusal(status: number, json: unknown, url: string): CliError {
  const problem = json as { error?: { code?: string; message?: string } } | undefined;
  if (problem?.error?.code === 'unauthenticated') return notLoggedIn(url);
  const message = problem?.error?.message ?? `what answers at ${url} is no Penumbra gateway (HTTP ${status})`;
  return status >= 500 ? new GatewayAway(message) : new CliError(message);
}

/** Undefined for what is no JSON, an empty body included. */
function parseJson(text: string): unknown {
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
  return messageOf(first);
}
