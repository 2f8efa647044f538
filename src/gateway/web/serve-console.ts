import { randomBytes } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import { type ConsoleFiles, NONCE, readConsole } from './console-files.js';

const ASSETS = '/_/assets/';

/** What the page may do (W3C, Content Security Policy Level 3): its own scripts and styles, requests to its own gateway, nothing of other hosts, no frame around it. */
const policy = (nonce: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

const GUARDED = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const;

/**
 * Serves the web console below `/_/`: its files, and its page for every other address that a browser goes to, since the page itself knows what is
 * there. What else is asked for is left to others.
 *
 * @param folder where the console was built
 */
export function serveConsole(folder: string): MiddlewareHandler {
  let reading: Promise<ConsoleFiles | undefined> | undefined;

  /** Of a console that was not built the next request looks again. */
  async function files(): Promise<ConsoleFiles | undefined> {
    reading ??= readConsole(folder);
    try {
      const read = await reading;
      if (read === undefined) reading = undefined;
      return read;
    } catch (error) {
      reading = undefined;
      throw error;
    }
  }

  return async function answer(c, next) {
    const { path } = c.req;
    if (path.startsWith(ASSETS)) return sendAsset(c, await files()) ?? next();
    if (path !== '/_/' && !c.req.header('accept')?.includes('text/html')) return next();
    return sendPage(c, await files());
  };
}

function sendAsset(c: Context, files: ConsoleFiles | undefined): Response | undefined {
  const asset = files?.assets.get(c.req.path.slice(ASSETS.length));
  if (!asset) return undefined;
  const isGzipped = /\bgzip\b/.test(c.req.header('accept-encoding') ?? '');
  const body = isGzipped ? asset.gzipped : asset.body;
  return c.body(new Uint8Array(body), 200, {
    ...GUARDED,
    'content-type': asset.type,
    'content-length': String(body.length),
    // The name tells what is in it.
    'cache-control': 'public, max-age=31536000, immutable',
    vary: 'accept-encoding',
    ...(isGzipped && { 'content-encoding': 'gzip' }),
  });
}

function sendPage(c: Context, files: ConsoleFiles | undefined): Response {
  if (!files) {
    const message = 'the console was not built: npm run build';
    return c.json({ error: { code: 'no_console', message } }, 404);
  }
  const nonce = randomBytes(16).toString('base64');
  return c.body(files.page.replaceAll(NONCE, nonce), 200, {
    ...GUARDED,
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': policy(nonce),
    'cache-control': 'no-store',
  });
}
