import { createRoute, z } from '@hono/zod-openapi';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { remoteAddress, SESSION_COOKIE, senderOf } from './access.js';
import { RefusedLogins } from './audit/refused-logins.js';
import type { AdminDependencies } from './dependencies.js';
import { AdminError } from './errors.js';
import { createLoginLimiter, type LoginOutcome } from './login-limiter.js';
import { jsonAnswer, jsonBody, refusals } from './route-parts.js';
import { createRouter } from './router.js';
import { login } from './schemas.js';

const COOKIE_PATH = '/_/';

const loginRoute = createRoute({
  method: 'post',
  path: '/login',
  security: [],
  summary: 'Open a session with the admin password',
  request: { body: jsonBody(login) },
  responses: { 200: jsonAnswer(z.object({ ok: z.literal(true) }), 'The session cookie is set'), ...refusals },
});

const logoutRoute = createRoute({
  method: 'post',
  path: '/logout',
  security: [],
  summary: 'End the session',
  responses: { 200: jsonAnswer(z.object({ ok: z.literal(true) }), 'The session is over'), ...refusals },
});

const sessionRoute = createRoute({
  method: 'get',
  path: '/session',
  security: [],
  summary: 'Whether the request has a session, or a token that holds',
  responses: { 200: jsonAnswer(z.object({ authenticated: z.boolean() }), 'The answer'), ...refusals },
});

type SessionDependencies = Pick<
  AdminDependencies,
  'sessions' | 'tokens' | 'publicUrl' | 'isTls' | 'audit' | 'clock' | 'log'
>;

/** What can be asked without a session. */
export function sessionRoutes(deps: SessionDependencies) {
  const { sessions, publicUrl, isTls = false, log } = deps;
  const limiter = createLoginLimiter();
  const refused = new RefusedLogins(deps);
  const secure = isTls || (publicUrl?.startsWith('https:') ?? false);

  return createRouter()
    .openapi(loginRoute, async (c) => {
      const { password } = c.req.valid('json');
      const address = remoteAddress(c);
      const result = await limiter.attempt(address, () => sessions.verifyPassword(password));
      if (result.outcome !== 'right') {
        log.warn({ address, outcome: result.outcome }, 'admin login refused');
        await refused.note(address);
      }
      assertRight(result);
      setCookie(c, SESSION_COOKIE, await sessions.open(), {
        httpOnly: true,
        sameSite: 'Strict',
        path: COOKIE_PATH,
        secure,
      });
      return c.json({ ok: true as const }, 200);
    })
    .openapi(logoutRoute, async (c) => {
      const token = getCookie(c, SESSION_COOKIE);
      if (token !== undefined) await sessions.close(token);
      deleteCookie(c, SESSION_COOKIE, { path: COOKIE_PATH, secure });
      return c.json({ ok: true as const }, 200);
    })
    .openapi(sessionRoute, async (c) =>
      c.json({ authenticated: (await senderOf(c, deps)) !== undefined }, 200),
    );
}

function assertRight(result: LoginOutcome): void {
  if (result.outcome === 'wrong') throw new AdminError(401, 'wrong_password', 'the password is wrong');
  if (result.outcome !== 'limited') return;
  const seconds = result.retryAfterSeconds;
  throw new AdminError(429, 'too_many_logins', `too many wrong passwords: try again in ${seconds} s`, {
    'retry-after': String(seconds),
  });
}
