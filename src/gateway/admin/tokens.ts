import { createRoute, z } from '@hono/zod-openapi';
import { type AdminToken, TOKEN_ROLES } from '../../state/admin-tokens.js';
import { mustBe } from '../rules.js';
import type { AdminDependencies } from './dependencies.js';
import { AdminError } from './errors.js';
import { jsonAnswer, jsonBody, pageQuery, refusals, toPageQuery } from './route-parts.js';
import { createRouter } from './router.js';

/** 100 years, in seconds. */
const MAX_SECONDS = 3_155_760_000;
const NAME_RULE = mustBe('what the token is for, in 1 to 100 characters');
const EXPIRY_RULE = mustBe(`a whole number of seconds from 1 to ${MAX_SECONDS}, or null for never`);

const newToken = z
  .strictObject({
    name: z.string(NAME_RULE).min(1, NAME_RULE).max(100, NAME_RULE),
    role: z
      .enum(TOKEN_ROLES, mustBe('"admin" or "read"'))
      .openapi({ description: 'read: it may look, and change nothing' }),
    expires_in: z
      .int(EXPIRY_RULE)
      .min(1, EXPIRY_RULE)
      .max(MAX_SECONDS, EXPIRY_RULE)
      .nullable()
      .default(null)
      .openapi({ description: 'seconds; null: it holds until it is revoked' }),
  })
  .openapi('NewToken');

const token = z
  .object({
    id: z.string(),
    name: z.string(),
    role: z.enum(TOKEN_ROLES),
    created_at: z.iso.datetime(),
    expires_at: z.iso.datetime().nullable(),
  })
  .openapi('Token');

const createdToken = token.extend({ token: z.string() }).openapi('CreatedToken');

export type TokenJson = z.infer<typeof token>;
export type CreatedTokenJson = z.infer<typeof createdToken>;

const listRoute = createRoute({
  method: 'get',
  path: '/tokens',
  summary: 'The tokens of machines that use this API',
  request: { query: pageQuery },
  responses: {
    200: jsonAnswer(z.object({ tokens: z.array(token), next: z.string().nullable() }), 'Without themselves'),
    ...refusals,
  },
});

const createTokenRoute = createRoute({
  method: 'post',
  path: '/tokens',
  summary: 'Make a token for a machine',
  request: { body: jsonBody(newToken) },
  responses: { 201: jsonAnswer(createdToken, 'The only answer that has the token'), ...refusals },
});

const revokeRoute = createRoute({
  method: 'delete',
  path: '/tokens/{id}',
  summary: 'Revoke a token',
  request: { params: z.object({ id: z.string() }) },
  responses: { 204: { description: 'Revoked' }, ...refusals },
});

export function tokenRoutes({ tokens }: Pick<AdminDependencies, 'tokens'>) {
  return createRouter()
    .openapi(listRoute, async (c) => {
      const { items, next = null } = await tokens.list(toPageQuery(c.req.valid('query')));
      return c.json({ tokens: items.map(tokenJson), next }, 200);
    })
    .openapi(createTokenRoute, async (c) => {
      const { name, role, expires_in } = c.req.valid('json');
      const expiresIn = expires_in === null ? undefined : expires_in * 1_000;
      const created = await tokens.create({ name, role, expiresIn });
      return c.json({ ...tokenJson(created.record), token: created.token }, 201);
    })
    .openapi(revokeRoute, async (c) => {
      const { id } = c.req.valid('param');
      if (!(await tokens.delete(id))) throw new AdminError(404, 'no_such_token', `no token "${id}"`);
      return c.body(null, 204);
    });
}

const tokenJson = ({ id, name, role, createdAt, expiresAt }: AdminToken): TokenJson => ({
  id,
  name,
  role,
  created_at: createdAt,
  expires_at: expiresAt,
});
