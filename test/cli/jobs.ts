import type { JobJson } from '../../src/gateway/admin/job-schemas.js';
import type { PreflightJson } from '../../src/gateway/admin/preflight-schemas.js';

/** A job that is copying. */
export const COPYING: JobJson = {
  id: 'maintenance:7',
  kind: 'migrate',
  name: 'Move photos to cluster',
  scope: { bucket: 'photos' },
  trigger: 'api',
  status: 'running',
  phase: 'copy',
  percent: 25,
  progress: { processed: 50, total: 100, bytes: 5_000, total_bytes: 10_000, failed: 0, skipped: 0 },
  rate: { objects: 10, bytes: 1_000 },
  eta_seconds: 5,
  waits_for: [],
  created_at: 1_795_338_000,
  started_at: 1_795_338_001,
  finished_at: null,
  last_error: null,
  phases: [
    { phase: 'stage', started_at: 1_795_338_001, finished_at: 1_795_338_003 },
    { phase: 'copy', started_at: 1_795_338_003, finished_at: null },
  ],
  detail: {
    target_backend: 'cluster',
    target_bucket: 'photos',
    from_backend: 'local-disk',
    from_bucket: 'photos',
    delete_source: false,
    writes: 'gate',
    on_existing: 'fail',
    verify: 'checksum',
    max_bandwidth: null,
    max_requests: null,
    window: null,
    flipped_at: null,
    rollback_of: null,
    existing: null,
    removed: null,
  },
};

/** One that is over. */
export const MOVED: JobJson = {
  ...COPYING,
  status: 'succeeded',
  phase: 'cleanup',
  percent: 100,
  progress: { ...COPYING.progress, processed: 100, bytes: 10_000 },
  rate: null,
  eta_seconds: null,
  finished_at: 1_795_338_030,
  detail: { ...COPYING.detail, flipped_at: 1_795_338_020 },
};

export const PREFLIGHT: PreflightJson = {
  bucket: 'photos',
  from_backend: 'local-disk',
  to_backend: 'cluster',
  target_bucket: 'photos',
  objects: 12_000,
  bytes: 3_400_000_000,
  exact: true,
  basis: 'listed',
  rate: { objects: 120.5, bytes: 34_000_000, basis: '32 objects, 9000 bytes, copied in 265 ms, 8 at a time' },
  eta_seconds: 100,
  requests: {
    source: { list: 60, head: 12_000, get: 12_000, put: 0, delete: 0, total: 24_060 },
    target: { list: 60, head: 12_000, get: 0, put: 12_000, delete: 0, total: 24_060 },
  },
  cost: null,
  at_target: { bucket_exists: false, objects: 0, exact: true, first_keys: [] },
  losses: [],
  bucket_settings: [],
  sampled: 64,
  problems: [],
};
