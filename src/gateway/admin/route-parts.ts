import { z } from '@hono/zod-openapi';
import { createMiddleware } from 'hono/factory';
import type { PageQuery } from '../../state/record-store.js';
import { mustBe } from '../rules.js';

const MAX_PAGE = 1000;
const MAX_NAME = 255;
const LIMIT_RULE = mustBe(`a whole number from 1 to ${MAX_PAGE}`);

/** The error body of every refusal. */
const problem = z.object({ error: z.object({ code: z.string(), message: z.string() }) }).openapi('Problem');

export const nameParameter = z.object({ name: z.string() });

export const pageQuery = z.object({
  after: z.string().max(MAX_NAME).optional().openapi({ description: '`next` of the page before' }),
  limit: z.coerce
    .number(LIMIT_RULE)
    .int(LIMIT_RULE)
    .min(1, LIMIT_RULE)
    .max(MAX_PAGE, LIMIT_RULE)
    .default(MAX_PAGE),
});

/** Leaves out what the client left out. */
export function toPageQuery({ after, limit }: z.infer<typeof pageQuery>): PageQuery {
  return after === undefined ? { limit } : { after, limit };
}

/** A JSON body that must be there. */
export function jsonBody<T extends z.ZodType>(schema: T) {
  return { content: { 'application/json': { schema } }, required: true } as const;
}

/** A JSON body that may be left out; goes with `withoutBody`. */
export function optionalBody<T extends z.ZodType>(schema: T) {
  return { content: { 'application/json': { schema } }, required: false } as const;
}

/** What is left out is nothing: an empty body is no JSON, and would be refused. */
export const withoutBody = createMiddleware(async (c, next) => {
  if ((await c.req.text()) === '') {
    const headers = new Headers(c.req.raw.headers);
    headers.delete('content-type');
    c.req.raw = new Request(c.req.url, { method: c.req.method, headers });
  }
  await next();
});

/** A JSON answer. */
export function jsonAnswer<T extends z.ZodType>(schema: T, description: string) {
  return { content: { 'application/json': { schema } }, description } as const;
}

/** Every refusal of a route looks alike; its status says what kind it is. */
export const refusals = { default: jsonAnswer(problem, 'The refusal and its reason') } as const;
