import type { BegunPassJson } from '../../src/gateway/admin/pass-schemas.js';

/** A sweep that is half through. */
export const HALF_SWEPT: BegunPassJson = {
  state: 'running',
  objects_copied: 40,
  bytes_copied: 4_000,
  failed: 0,
  started_at: '2026-11-22T09:00:00.000Z',
  finished_at: null,
  last_error: null,
  run: 'run-1',
  number: 2,
  settings: {
    max_bandwidth: null,
    max_requests: null,
    window: null,
    on_drift: 'report',
    catch_up: false,
  },
  objects: { done: 50, total: 100 },
  bytes: { done: 5_000, total: 10_000 },
  exact: false,
  basis: 'sampled 3 pages; 1 of 2 ranges done',
  rate: { objects: 10, bytes: 1_000 },
  eta_seconds: 5,
  counts: { copied: { objects: 40, bytes: 4_000 }, present: { objects: 10, bytes: 1_000 } },
  reasons: [],
  findings: { kept: 0, spilled: 0, spilled_to: null },
  ranges: { done: 1, total: 2 },
  workers: ['gateway-7'],
  waits_for: null,
  is_over: false,
};

/** One that is over. */
export const SWEPT: BegunPassJson = {
  ...HALF_SWEPT,
  state: 'done',
  finished_at: '2026-11-22T09:05:00.000Z',
  objects: { done: 100, total: 100 },
  bytes: { done: 10_000, total: 10_000 },
  exact: true,
  basis: 'listed',
  rate: { objects: 0, bytes: 0 },
  eta_seconds: null,
  ranges: { done: 2, total: 2 },
  workers: [],
  is_over: true,
};
