import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { messageOf } from '../../system/thrown.js';
import { EXPOSITION } from './measuring.js';

export interface MetricsAppOptions {
  /** Who has it may read; without one, who asks from this machine. */
  readonly token?: string | undefined;
  /** All metrics, in the text format. Rejects when they cannot all be had. */
  readonly scrape: () => Promise<string>;
}

interface MetricsEnv {
  /** They are there when the request came through a socket. */
  readonly Bindings: Partial<HttpBindings>;
}

/** A proxy on this machine adds one: then the request is from somewhere else. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'] as const;

/** Prometheus reads here. Numbers that lack a process would look like counters that began anew, so there are none then. */
export function createMetricsApp({ token, scrape }: MetricsAppOptions): Hono<MetricsEnv> {
  const mayRead = token === undefined ? isFromThisMachine : bears(token);
  return new Hono<MetricsEnv>().get('/', async (c) => {
    if (!mayRead(c)) return refusal(c, token !== undefined);
    try {
      return c.body(await scrape(), 200, { 'content-type': EXPOSITION, 'cache-control': 'no-store' });
    } catch (error) {
      return c.json({ error: { code: 'unavailable', message: messageOf(error) } }, 503);
    }
  });
}

function refusal(c: Context<MetricsEnv>, needsToken: boolean): Response {
  if (!needsToken) {
    const message = 'without a metrics token, metrics are for this machine alone';
    return c.json({ error: { code: 'forbidden', message } }, 403);
  }
  // RFC 6750, 3
  const challenge = { 'www-authenticate': 'Bearer realm="metrics"' };
  const message = 'give the metrics token (Authorization: Bearer ...)';
  return c.json({ error: { code: 'unauthenticated', message } }, 401, challenge);
}

const bears = (token: string) => {
  const expected = digest(token);
  return (c: Context<MetricsEnv>): boolean => {
    const given = /^bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
    return given !== undefined && timingSafeEqual(digest(given), expected);
  };
};

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

function isFromThisMachine(c: Context<MetricsEnv>): boolean {
  const address = c.env.incoming?.socket.remoteAddress ?? '';
  return isLoopback(address) && FORWARDED.every((name) => c.req.header(name) === undefined);
}

/** RFC 1122, 3.2.1.3 and RFC 4291, 2.5.3; a socket of both kinds shows the former as ::ffff:127.0.0.1. */
function isLoopback(address: string): boolean {
  const plain = address.replace(/^::ffff:/i, '');
  return plain === '::1' || (isIP(plain) === 4 && plain.startsWith('127.'));
}
