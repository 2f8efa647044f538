import { createHash } from 'node:crypto';
import type { Context } from 'hono';
import { getCookie } from 'hono/cookie';
import { createMiddleware } from 'hono/factory';
import { remoteOf } from '../remote-address.js';
import type { AdminDependencies } from './dependencies.js';
import { AdminError } from './errors.js';
import type { AdminEnv } from './router.js';

export const SESSION_COOKIE = 'penumbra_session';

/** How a request shows who sends it: by its session, or by a token (OpenAPI 3.1, "Security Scheme Object"). */
export const ACCESS_SCHEMES = {
  session: { type: 'apiKey', in: 'cookie', name: SESSION_COOKIE },
  token: { type: 'http', scheme: 'bearer' },
} as const;

type AccessDependencies = Pick<AdminDependencies, 'sessions' | 'tokens'>;

const READS: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/** Lets nobody in without a session or a token, and a token for reading no further than that. */
export function requireAccess(deps: AccessDependencies) {
  return createMiddleware<AdminEnv>(async (c, next) => {
    const sender = await senderOf(c, deps);
    if (sender === undefined) throw unauthenticated(c);
    if (sender.role === 'read' && !READS.has(c.req.method))
      throw new AdminError(403, 'read_only', 'this token may only read');
    c.set('actor', sender.actor);
    await next();
  });
}

export interface Sender {
  readonly role: 'admin' | 'read';
  /** As the audit log has it. */
  readonly actor: string;
}

/**
 * Who sends a request and what they may do; undefined for one that is not known. A request with a token is judged by that alone.
 *
 * @throws KvUnavailable
 */
export async function senderOf(
  c: Context<AdminEnv>,
  { sessions, tokens }: AccessDependencies,
): Promise<Sender | undefined> {
  const token = bearerOf(c);
  if (token !== undefined) {
    const known = await tokens.verify(token);
    return known && { role: known.role, actor: `token:${known.name}` };
  }
  const session = getCookie(c, SESSION_COOKIE);
  const isOpen = session !== undefined && (await sessions.isOpen(session));
  return isOpen ? { role: 'admin', actor: sessionActor(session) } : undefined;
}

/** Tells one session from others, and opens none. */
const sessionActor = (token: string): string =>
  `session:${createHash('sha256').update(token).digest('hex').slice(0, 8)}`;

/** Where a request comes from. */
export const remoteAddress = ({ env }: Context<AdminEnv>): string =>
  (env?.incoming && remoteOf(env.incoming)) ?? 'unknown';

/** RFC 6750, 2.1. */
const bearerOf = (c: Context<AdminEnv>): string | undefined =>
  /^Bearer +(\S+) *$/i.exec(c.req.header('authorization') ?? '')?.[1];

/** RFC 6750, 3.1. */
function unauthenticated(c: Context<AdminEnv>): AdminError {
  if (bearerOf(c) === undefined) return new AdminError(401, 'unauthenticated', 'log in first');
  const message = 'the token is not known: it was revoked, it has expired, or it is of another installation';
  return new AdminError(401, 'unknown_token', message, {
    'www-authenticate': 'Bearer error="invalid_token"',
  });
}
