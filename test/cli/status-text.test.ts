import { describe, expect, it } from 'vitest';
import { statusText } from '../../src/cli/status-text.js';
import type {
  BucketStatusJson,
  LossCountJson,
  MigrationJson,
  SwitchingJson,
} from '../../src/gateway/admin/schemas.js';
import { HALF_SWEPT, SWEPT } from './passes.js';

const HALF_WAY: MigrationJson = {
  state: 'migrating',
  objects_total: 4,
  objects_done: 2,
  bytes_total: 4000,
  bytes_done: 1000,
  remaining: 2,
  failed: 0,
  copied_by_reads: { objects: 0, bytes: 0 },
  pending_repairs: 0,
  oldest_repair: null,
  repair_error: null,
  tombstones: 0,
  exact: true,
  problem: null,
  counted_by: 'listings',
  sweep: null,
};

const SHADOW: NonNullable<BucketStatusJson['shadow']> = {
  name: 'photos',
  prefix: '',
  target_prefix: '',
  backend: null,
  endpoint: 'http://legacy.example',
  region: 'auto',
  write_through: true,
  rung: 'write-through',
  aim: 'write-through',
  delete: 'both',
  acl: false,
  clear_when_drained: false,
  provenance: true,
  conditional_writes: { put: true, complete: true, match: true },
};

function toldWith(
  shadow: typeof SHADOW,
  migration: Partial<MigrationJson>,
  switching: SwitchingJson | null,
  losses: LossCountJson[] = [],
) {
  return statusText({
    bucket: 'photos',
    org: null,
    backend: 'local-disk',
    target_endpoint: null,
    target_region: null,
    target_bucket: 'photos',
    public: false,
    created_at: '2026-11-22T09:00:00.000Z',
    shadow,
    job: null,
    migration: { ...HALF_WAY, ...migration },
    losses,
    switching,
  });
}

const told = (migration: Partial<MigrationJson>, switching: SwitchingJson | null = null) =>
  toldWith(SHADOW, migration, switching).slice(4);

describe('what status tells of a shadow', () => {
  it('is that it is written, unless that has been ended to clear it', () => {
    const isWritten = 'Shadow    photos at http://legacy.example (auto), written in both, deleted in both';
    expect(toldWith(SHADOW, {}, null)).toContain(isWritten);
    expect(toldWith({ ...SHADOW, rung: 'exclusive', aim: 'exclusive' }, {}, null)).toContain(
      isWritten.replace('written in both', 'written in the target'),
    );
  });
});

describe('what status tells of prefixes', () => {
  it('is what is called what, where only a part of the shadow is moved', () => {
    const archive = { ...SHADOW, prefix: 'archive/', target_prefix: 'old/2024/' };
    expect(toldWith(archive, {}, null)).toContain(
      'Shadow    photos at http://legacy.example (auto), "archive/" as "old/2024/", written in both, deleted in both',
    );
  });
});

it.each([
  [
    { put: true, complete: true, match: true },
    'If-None-Match on PUT, If-None-Match on CompleteMultipartUpload, If-Match',
  ],
  [{ put: true, complete: false, match: false }, 'If-None-Match on PUT'],
  [
    { put: true, complete: false, match: false, copy: true },
    'If-None-Match on PUT, If-None-Match on CopyObject',
  ],
  [{ put: false, complete: false, match: false }, 'no conditions'],
])('status tells which conditions the target honours: %o', (conditional_writes, words) => {
  expect(toldWith({ ...SHADOW, conditional_writes }, {}, null)).toContain(`Target    honours ${words}`);
});

describe('what status tells of a migration', () => {
  it('is what reads have copied, if they have', () => {
    expect(told({ copied_by_reads: { objects: 1, bytes: 2_000 } })).toContain(
      'By reads  1 object (2.0 kB) copied',
    );
  });

  it('is a share of all objects once both sides are counted', () => {
    expect(told({})).toEqual(['Migrated  2 of 4 objects (50 %), 1.0 kB of 4.0 kB', 'Left      2 objects']);
  });

  it('is no share of what was counted only in part', () => {
    expect(told({ exact: false })).toEqual([
      'Migrated  2 of 4 objects, 1.0 kB of 4.0 kB, counted so far',
      'Left      at least 2 objects',
    ]);
  });

  it('is no number at all when a side gives no answer, but for what the state knows', () => {
    const problem = 'backend shadow of photos gave no answer (connect)';
    expect(told({ exact: false, problem, objects_total: 0, pending_repairs: 2 })).toEqual([
      'Migrated  not known now',
      'Left      not known now',
      'Owed      2 deletes of the shadow',
      `Problem   ${problem}`,
    ]);
  });

  it('is what a sweep has gone through of a large bucket, and how fast it goes', () => {
    const numbers = { objects_total: 100, objects_done: 50, remaining: 50, exact: false };
    expect(told({ ...numbers, counted_by: 'sweep', sweep: HALF_SWEPT, tombstones: 2 })).toEqual([
      'Migrated  50 of about 100 objects (about 50 %), 5.0 kB of about 10 kB; sampled 3 pages; 1 of 2 ranges done; gone through by sweep 2',
      'Left      about 50 objects, 2 deletes remembered',
      'Sweep     2, running, begun 2026-11-22T09:00:00.000Z',
      'Rate      10 objects/s, 1.0 kB/s, about 5 s left',
      'Copied    40 objects, 4.0 kB',
      'Skipped   10 that the target had',
      'Workers   gateway-7',
    ]);
  });

  it('says of when the numbers of a sweep are that has ended, and not that the shadow can go', () => {
    const numbers = { objects_total: 100, objects_done: 100, remaining: 0 };
    const lines = told({ ...numbers, counted_by: 'sweep', sweep: SWEPT });
    expect(lines.slice(0, 2)).toEqual([
      'Migrated  100 of 100 objects (100 %), 10 kB of 10 kB; as of the end of sweep 2, 2026-11-22T09:05:00.000Z',
      'Left      0 objects',
    ]);
  });

  it('is what both listings show of a small one, beside its sweep', () => {
    expect(told({ sweep: HALF_SWEPT })).toContain('Migrated  2 of 4 objects (50 %), 1.0 kB of 4.0 kB');
    expect(told({ sweep: HALF_SWEPT }).join()).toContain('Swept     50 of about 100 objects');
    expect(told({ sweep: SWEPT }).join()).not.toContain('Swept');
  });

  it('says since when deletes are owed to the shadow, and why', () => {
    const owed = {
      pending_repairs: 1,
      oldest_repair: '2026-11-22T09:00:00.000Z',
      repair_error: 'status 403',
    };
    expect(told(owed)).toContain(
      'Owed      1 delete of the shadow since 2026-11-22T09:00:00.000Z (status 403)',
    );
  });

  it('says where a switch is, and whom it waits for', () => {
    const waiting_for = ['gateway a', 'gateway b'];
    expect(told({}, { rung: 'exclusive', aim: 'write-through', waiting_for })).toContain(
      'Switch    write-through is being set, exclusive now; waits for gateway a, gateway b',
    );
  });
});

describe('what status tells of copies', () => {
  it('is what they could not keep, by kind', () => {
    const losses = [
      { what: 'etag', reason: 'one', count: 1_200 },
      { what: 'etag', reason: 'another', count: 34 },
      { what: 'checksum', reason: 'none', count: 1 },
    ];
    expect(toldWith(SHADOW, {}, null, losses).at(-1)).toBe(
      'Lost      etag of 1,234 objects, checksum of 1 object (--losses tells which)',
    );
    expect(toldWith(SHADOW, {}, null).join()).not.toContain('Lost');
  });

  it('is that they are given grants, where they are', () => {
    expect(toldWith({ ...SHADOW, acl: true }, {}, null)[2]).toMatch(/, grants kept$/);
    expect(toldWith({ ...SHADOW, provenance: false }, {}, null)[2]).toMatch(/, copies without provenance$/);
  });
});
