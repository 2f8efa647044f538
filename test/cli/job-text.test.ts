import { describe, expect, it } from 'vitest';
import { jobBarText, jobListText, jobText } from '../../src/cli/job-text.js';
import { preflightText } from '../../src/cli/preflight-text.js';
import type { JobJson } from '../../src/gateway/admin/job-schemas.js';
import type { PreflightJson } from '../../src/gateway/admin/preflight-schemas.js';
import { COPYING, MOVED, PREFLIGHT } from './jobs.js';

const withDetail = (detail: Partial<JobJson['detail']>): string[] =>
  jobText({ ...COPYING, detail: { ...COPYING.detail, ...detail } });

describe('what is told of a job', () => {
  it('is how far it is, what becomes of writes, and how fast it goes', () => {
    expect(jobText(COPYING)).toEqual([
      'Job     maintenance:7, running (copy), begun 2026-11-22T09:00:01Z',
      'Moves   photos from local-disk to cluster',
      'Writes  are answered 503 SlowDown until the bucket has changed over',
      'Done    50 of 100 objects, 5.0 kB of 10 kB (25 % of the job)',
      'Rate    10 objects/s, 1.0 kB/s, about 5 s left',
      'Phases  stage 2 s, copy',
    ]);
  });

  it('is when it ended and what it came to', () => {
    expect(jobText(MOVED)).toEqual([
      'Job     maintenance:7, succeeded 2026-11-22T09:00:30Z, begun 2026-11-22T09:00:01Z',
      'Moves   photos from local-disk to cluster',
      'Done    100 of 100 objects, 10 kB of 10 kB (100 % of the job)',
      'Phases  stage 2 s, copy',
    ]);
  });

  it('is why it did not do all, and where to read more', () => {
    const text = jobText({
      ...MOVED,
      status: 'completed_with_errors',
      last_error: '2 objects failed',
      progress: { ...MOVED.progress, failed: 2, skipped: 1 },
    });
    expect(text).toContain('Failed   2 objects (penumbra jobs failures maintenance:7)');
    expect(text).toContain('Skipped  1 object');
    expect(text).toContain('Problem  2 objects failed');
  });

  it.each([
    [{ writes: 'live' as const }, 'Writes  go on, to both places'],
    [
      { target_bucket: 'p2', delete_source: true },
      'Moves   photos from local-disk to cluster, bucket p2, and deletes what was at local-disk',
    ],
    [
      { rollback_of: 'maintenance:3' },
      'Moves   photos from local-disk to cluster, which undoes maintenance:3',
    ],
    [{ max_requests: 20, window: '22:00-06:00' }, 'Limits  20 requests/s, 22:00-06:00'],
  ])('is what was asked of it: %j', (detail, line) => {
    expect(withDetail(detail)).toContain(line);
  });

  it('is whom it waits for, and what it has deleted', () => {
    const detail = { ...COPYING.detail, existing: { removed: 2, kept: 1 } };
    const waits_for = ['gateway vm-7', 'writes that are not settled yet'];
    const text = jobText({ ...COPYING, phase: 'stage', waits_for, detail });
    expect(text).toContain('Waits     for gateway vm-7, writes that are not settled yet');
    expect(text).toContain('Existing  2 objects at cluster removed, 1 the same and kept');
    const removed = { deleted: 3, left: 1, reasons: { 'it was written later': 1 } };
    expect(jobText({ ...MOVED, detail: { ...MOVED.detail, removed } })).toContain(
      'Deleted  3 objects at local-disk, 1 left: 1 it was written later',
    );
  });

  it('before it began is that it was asked for', () => {
    const text = jobText({
      ...COPYING,
      ...{ status: 'queued', phase: 'stage', started_at: null, phases: [], rate: null },
      progress: { processed: 0, total: 0, bytes: 0, total_bytes: 0, failed: 0, skipped: 0 },
    });
    expect(text[0]).toBe('Job     maintenance:7, queued (stage), asked for 2026-11-22T09:00:00Z');
    expect(text).toContain('Done    nothing yet');
  });

  it('beside a bar is what matters most, first', () => {
    const failing = { ...COPYING, progress: { ...COPYING.progress, failed: 2 } };
    expect(jobBarText(failing)).toBe(
      '25 %  2 failed  copy  50 of 100 objects, 5.0 kB of 10 kB  10 objects/s, 1.0 kB/s, about 5 s left',
    );
    expect(jobBarText({ ...MOVED, status: 'cancelled', percent: 40 })).toMatch(/^40 % {2}cancelled {2}/);
  });

  it('is a line in a list', () => {
    expect(jobListText([COPYING, MOVED])).toEqual([
      'ID             JOB                     STATUS     PHASE  DONE   CREATED',
      'maintenance:7  Move photos to cluster  running    copy   25 %   2026-11-22T09:00:00Z',
      'maintenance:7  Move photos to cluster  succeeded  -      100 %  2026-11-22T09:00:00Z',
    ]);
  });
});

const found = (change: Partial<PreflightJson> = {}) => preflightText({ ...PREFLIGHT, ...change });

describe('what moving a bucket would take', () => {
  it('is told in a few lines', () => {
    expect(found()).toEqual([
      'Move      photos from local-disk to cluster, bucket photos',
      'Objects   12,000 objects, 3.4 GB; listed',
      'Time      about 2 min to copy, at 120.5 objects/s, 34 MB/s; 32 objects, 9000 bytes, copied in 265 ms, 8 at a time',
      'Requests  about 24,060 of local-disk, 24,060 of cluster',
      'There     no bucket yet: the job makes it',
      'Lost      nothing, by 64 objects looked at',
    ]);
  });

  it('is told with its cost, where there is a price', () => {
    const cost = { price_per_1000: 0.005, source: 0.1203, target: 0.1203, total: 0.2406 };
    expect(found({ cost })).toContain(
      'Cost      about 0.2406: 0.1203 of local-disk, 0.1203 of cluster, at 0.005 for 1,000 requests',
    );
  });

  it('is told with what is there already, what would be lost, and what keeps a job from being begun', () => {
    const text = found({
      at_target: { bucket_exists: true, objects: 1_000, exact: false, first_keys: ['a', 'b'] },
      losses: [{ what: 'tags', reason: 'the target keeps no tags', objects: 3, example: 'x y' }],
      bucket_settings: ['cors', 'policy'],
      problems: ['it is full', 'it is far away'],
    });
    expect(text).toContain('Lost      what the bucket is set to: cors, policy; set it at the target');
    expect(text).toContain('There     more than 1,000 objects already: "a", "b", ...');
    expect(text).toContain(
      'Lost      tags of 3 of 64 objects looked at, such as "x y": the target keeps no tags',
    );
    expect(text.slice(-2)).toEqual(['Problem   it is full', 'Problem   it is far away']);
  });

  it('is said not to be known where it is not', () => {
    const text = found({
      exact: false,
      basis: 'estimated from 300 list calls',
      rate: null,
      eta_seconds: null,
    });
    expect(text).toContain('Objects   about 12,000 objects, 3.4 GB; estimated from 300 list calls');
    expect(text).toContain('Time      not known: nothing could be measured');
  });
});
