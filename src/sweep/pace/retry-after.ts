import { parseHttpDate } from '../../s3/http-date.js';

/** A store that asks for longer, or whose clock is wrong, is tried again after so many milliseconds. */
const MAX_MS = 60_000;

/**
 * How long a Retry-After asks to wait, ms, at most a minute: a number of seconds or an HTTP date (RFC 9110, 10.2.3). Undefined when it is neither.
 *
 * @param now unix milliseconds
 */
export function parseRetryAfter(value: string, now: number): number | undefined {
  const text = value.trim();
  const until = /^\d+$/.test(text) ? now + Number(text) * 1_000 : parseHttpDate(text);
  return until === undefined ? undefined : Math.min(MAX_MS, Math.max(0, until - now));
}
