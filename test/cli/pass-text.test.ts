import { describe, expect, it } from 'vitest';
import { barText, shareOf } from '../../src/cli/pass-bar.js';
import { passText } from '../../src/cli/pass-text.js';
import type { BegunPassJson } from '../../src/gateway/admin/pass-schemas.js';
import { HALF_SWEPT, SWEPT } from './passes.js';

const sweep = (pass: Partial<BegunPassJson> = {}) => passText('sweep', 'photos', { ...HALF_SWEPT, ...pass });

describe('what is told of a sweep', () => {
  it('is how far it is, by what it is estimated, how fast it goes, and who works on it', () => {
    expect(sweep()).toEqual([
      'Sweep    2 of photos, running, begun 2026-11-22T09:00:00.000Z',
      'Done     50 of about 100 objects (about 50 %), 5.0 kB of about 10 kB; sampled 3 pages; 1 of 2 ranges done',
      'Rate     10 objects/s, 1.0 kB/s, about 5 s left',
      'Copied   40 objects, 4.0 kB',
      'Skipped  10 that the target had',
      'Workers  gateway-7',
    ]);
  });

  it('is when it ended, and its exact numbers', () => {
    expect(passText('sweep', 'photos', SWEPT).slice(0, 3)).toEqual([
      'Sweep    2 of photos, done 2026-11-22T09:05:00.000Z, begun 2026-11-22T09:00:00.000Z',
      'Done     100 of 100 objects (100 %), 10 kB of 10 kB',
      'Copied   40 objects, 4.0 kB',
    ]);
  });

  it('is why objects failed, the three most frequent reasons, and why others were skipped', () => {
    const counts = {
      ...{ present: { objects: 1, bytes: 1 }, deleted: { objects: 1_000, bytes: 1 } },
      ...{ gone: { objects: 2, bytes: 1 }, failed: { objects: 10, bytes: 70 } },
      drifted: { objects: 1, bytes: 3 },
    };
    const reasons = ['a', 'b', 'c', 'd'].map((reason, index) => ({
      ...{ outcome: 'failed', reason, count: 4 - index },
    }));
    const told = sweep({
      counts,
      reasons: [...reasons, { outcome: null, reason: 'other reasons', count: 1 }],
    });
    expect(told.slice(3)).toEqual([
      'Copied   0 objects',
      'Skipped  1 that the target had, 1,000 that clients deleted, 2 that the shadow has no longer',
      'Failed   10 objects, 70 B: 4 a; 3 b; 2 c; other reasons',
      'Drifted  1 object, 3 B',
      'Workers  gateway-7',
    ]);
  });

  it('is what keeps it: its limits, its window, its last problem', () => {
    const settings = {
      ...HALF_SWEPT.settings,
      max_bandwidth: 50_000_000,
      max_requests: 1,
      window: '22:00-06:00',
    };
    const told = sweep({
      settings,
      waits_for: 'its window',
      last_error: 'no answer',
      rate: { objects: 0, bytes: 0 },
    });
    expect(told.slice(2)).toEqual([
      'Copied   40 objects, 4.0 kB',
      'Skipped  10 that the target had',
      'Waits    for its window',
      'Limits   50 MB/s, 1 request/s, 22:00-06:00',
      'Workers  gateway-7',
      'Problem  no answer',
    ]);
  });

  it('is no share as long as nobody knows how much there is', () => {
    const nothing = {
      objects: { done: 0, total: 0 },
      bytes: { done: 0, total: 0 },
      basis: 'not planned yet',
    };
    expect(sweep(nothing)[1]).toBe('Done     nothing yet, of how much is not known: not planned yet');
  });

  it('is that there is none', () => {
    const idle = { ...SWEPT, state: 'idle' as const };
    expect(passText('sweep', 'photos', idle)).toEqual(['no sweep of photos was begun']);
  });
});

describe('what is told of a verification', () => {
  it('is by what it compares, which share of the keys, and what it found', () => {
    const { max_bandwidth, max_requests, window } = SWEPT.settings;
    const told = passText('verify', 'photos', {
      ...SWEPT,
      settings: { max_bandwidth, max_requests, window, level: 'content', sample: 0.005 },
      counts: { same: { objects: 98, bytes: 9_800 }, different: { objects: 2, bytes: 200 } },
      reasons: [{ outcome: 'different', reason: 'sizes differ', count: 2 }],
    });
    expect(told).toEqual([
      'Verification  2 of photos by content, 0.5 % of all keys, done 2026-11-22T09:05:00.000Z, begun 2026-11-22T09:00:00.000Z',
      'Done          100 of 100 objects (100 %), 10 kB of 10 kB',
      'Same          98 objects, 9.8 kB',
      'Different     2 objects, 200 B: 2 sizes differ',
    ]);
  });
});

describe('beside a progress bar', () => {
  it('stands how far the pass is, how fast it goes, and what is wrong', () => {
    expect(barText('sweep', HALF_SWEPT)).toBe(
      '50 %  50/~100 objects  5.0 kB/~10 kB  10 objects/s, 1.0 kB/s, about 5 s left',
    );
    const counts = { failed: { objects: 3, bytes: 0 }, missing: { objects: 4, bytes: 0 } };
    expect(barText('sweep', { ...HALF_SWEPT, state: 'paused', counts })).toMatch(
      /^50 % {2}3 failed {2}.* {2}paused$/,
    );
    expect(barText('verify', { ...SWEPT, counts })).toBe(
      '100 %  4 missing  100/100 objects  10 kB/10 kB  done',
    );
  });

  it('the bar is as far as objects and bytes both are', () => {
    expect(shareOf({ ...HALF_SWEPT, bytes: { done: 1, total: 10 } })).toBe(0.1);
    const nothing = { objects: { done: 0, total: 0 }, bytes: { done: 0, total: 0 } };
    expect(shareOf({ ...SWEPT, ...nothing })).toBe(1);
    expect(shareOf({ ...HALF_SWEPT, ...nothing })).toBe(0);
  });
});
