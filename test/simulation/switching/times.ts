import type { Times } from '../../../src/system/times.js';
import { REQUEST_DEADLINE_MS } from '../scheduler.js';

/** As short as the requests allow, so that leases run out and tombstones are collected within a run. */
export const SHORT: Times = {
  connectMs: 1_000,
  firstByteMs: REQUEST_DEADLINE_MS,
  idleMs: REQUEST_DEADLINE_MS,
  leaseMs: 40_000,
  readLeaseMs: 240_000,
  marginMs: 4_000,
};

/** How long a tombstone stays once the shadow is empty, ms. */
export const GRACE_MS = SHORT.leaseMs + SHORT.marginMs;
