import type { HttpBindings } from '@hono/node-server';
import { OpenAPIHono, type z } from '@hono/zod-openapi';
import { AdminError } from './errors.js';

/** Bindings are there when the request came through a socket. */
export interface AdminEnv {
  Bindings: Partial<HttpBindings>;
  /** Set once it is known who sends a request: `session:`, `token:` and a name. */
  Variables: { actor?: string };
}

/** An app whose invalid requests are refused with the field, the value and what is allowed. */
export function createRouter(): OpenAPIHono<AdminEnv> {
  return new OpenAPIHono<AdminEnv>({
    defaultHook(result) {
      if (!result.success) throw new AdminError(400, 'invalid_request', describe(result.error));
    },
  });
}

function describe({ issues }: z.ZodError): string {
  return issues
    .map(({ path, message }) => (path.length > 0 ? `${path.join('.')} ${message}` : message))
    .join('; ');
}
