import { z } from 'zod';
import { longestRequestMs, shortestLeaseMs, TIMES, type Times } from '../system/times.js';
import { mustBe } from './rules.js';

const MAX_MS = 86_400_000;
/** The timers of the HTTP client are late by up to a second, and two requests may be under one lease. */
const MIN_MARGIN_MS = 2_000;

function milliseconds(usual: number, least = 1) {
  const rule = mustBe(`a whole number of milliseconds from ${least} to ${MAX_MS}`);
  return z.int(rule).min(least, rule).max(MAX_MS, rule).default(usual);
}

/** The section `times` of the configuration file. One in which a lease does not outlast its requests is refused. */
export const timesSchema = z
  .strictObject({
    connect_ms: milliseconds(TIMES.connectMs),
    first_byte_ms: milliseconds(TIMES.firstByteMs),
    idle_ms: milliseconds(TIMES.idleMs),
    lease_ms: milliseconds(TIMES.leaseMs),
    read_lease_ms: milliseconds(TIMES.readLeaseMs),
    margin_ms: milliseconds(TIMES.marginMs, MIN_MARGIN_MS),
  })
  .transform(
    (file): Times => ({
      connectMs: file.connect_ms,
      firstByteMs: file.first_byte_ms,
      idleMs: file.idle_ms,
      leaseMs: file.lease_ms,
      readLeaseMs: file.read_lease_ms,
      marginMs: file.margin_ms,
    }),
  )
  .superRefine((times, context) => {
    if (times.leaseMs < shortestLeaseMs(times)) {
      const message = `${times.leaseMs} must be at least ${leaseRule(times)}`;
      context.addIssue({ code: 'custom', path: ['lease_ms'], message });
    }
    if (times.readLeaseMs < times.leaseMs) {
      const message = `${times.readLeaseMs} must be at least ${times.leaseMs} (lease_ms)`;
      context.addIssue({ code: 'custom', path: ['read_lease_ms'], message });
    }
  });

function leaseRule(times: Times): string {
  const request = `2 x ${longestRequestMs(times)} (connect_ms + first_byte_ms)`;
  return `${shortestLeaseMs(times)}: ${request} + ${times.marginMs} (margin_ms)`;
}
