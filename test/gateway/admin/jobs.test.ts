import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMemoryBackend } from '../../../src/backends/memory/memory.js';
import { GatewayLeases } from '../../../src/state/gateway-leases.js';
import type { JobRecord } from '../../../src/state/jobs/job-record.js';
import { systemClock as clock } from '../../../src/system/clock.js';
import { StoreClient } from '../../support/store-client.js';
import { type AdminFixture, type Answer, SHADOW, startAdmin } from './fixture.js';

let admin: AdminFixture;

beforeEach(async () => {
  const backends = [createMemoryBackend({ name: 'old', clock }), createMemoryBackend({ name: 'new', clock })];
  admin = await startAdmin({ backends });
  await admin.ask('POST', '/buckets', { body: { name: 'photos', backend: 'old' } });
});
afterEach(() => admin.close());

const migrate = (body: object = {}, query = '') =>
  admin.ask('POST', `/buckets/photos/migrate${query}`, { body: { target_backend: 'new', ...body } });
const get = async (path: string) => (await admin.ask('GET', path)).json;
const told = ({ status, json }: Answer) => [status, (json.error as { message: string }).message];

/** As if the job had come to this. */
async function jobIs(id: number, change: Partial<JobRecord>): Promise<void> {
  const found = await admin.jobRecords.find(id);
  if (!found) throw new Error('no such job');
  await admin.kv.commit(admin.jobRecords.written({ ...found.job, ...change }));
}

describe('a bucket is moved', () => {
  it('by what the guide sends, and is told with its job', async () => {
    const begun = await admin.ask('POST', '/buckets/photos/migrate', {
      body: { target_backend: 'new', delete_source: false },
    });
    expect([begun.status, begun.json]).toEqual([
      202,
      { job_id: 1, id: 'maintenance:1', bucket: 'photos', from_backend: 'old', to_backend: 'new' },
    ]);
    expect((await get('/buckets')).buckets).toMatchObject([
      {
        bucket: 'photos',
        backend: 'old',
        job: { id: 'maintenance:1', status: 'queued', to_backend: 'new', writes_refused: true },
      },
    ]);
  });

  it('and its job is listed and told', async () => {
    await migrate({ delete_source: true, writes: 'live', limits: { max_requests: 20 } });
    const { jobs, next } = await get('/jobs');
    expect(jobs).toEqual([
      {
        id: 'maintenance:1',
        kind: 'migrate',
        name: 'Move photos to new',
        scope: { bucket: 'photos' },
        trigger: 'api',
        status: 'queued',
        phase: 'stage',
        percent: 0,
        progress: { processed: 0, total: 0, bytes: 0, total_bytes: 0, failed: 0, skipped: 0 },
        rate: null,
        eta_seconds: null,
        waits_for: [],
        created_at: expect.any(Number),
        started_at: null,
        finished_at: null,
        last_error: null,
        phases: [],
        detail: {
          target_backend: 'new',
          target_bucket: 'photos',
          from_backend: 'old',
          from_bucket: 'photos',
          delete_source: true,
          writes: 'live',
          on_existing: 'fail',
          verify: 'checksum',
          max_bandwidth: null,
          max_requests: 20,
          window: null,
          flipped_at: null,
          rollback_of: null,
          existing: null,
          removed: null,
        },
      },
    ]);
    expect(next).toBeNull();
    const [job] = jobs as { created_at: number }[];
    expect(Math.abs((job?.created_at ?? 0) - clock.now() / 1_000)).toBeLessThan(60);
    expect(await get('/jobs/maintenance:1')).toEqual(job);
    expect((await get('/jobs/1')).id).toBe('maintenance:1');
    expect((await get('/jobs/bucket/photos')).jobs).toEqual(jobs);
  });

  it('and its times are unix seconds', async () => {
    await migrate();
    await jobIs(1, {
      status: 'failed',
      createdAt: 1_999,
      startedAt: 3_000,
      finishedAt: 9_500,
      lastError: 'no room',
      phases: [
        { phase: 'stage', startedAt: 3_000, finishedAt: 4_000 },
        { phase: 'copy', startedAt: 4_000 },
      ],
    });
    expect(await get('/jobs/maintenance:1')).toMatchObject({
      created_at: 1,
      started_at: 3,
      finished_at: 9,
      last_error: 'no room',
      phases: [
        { phase: 'stage', started_at: 3, finished_at: 4 },
        { phase: 'copy', started_at: 4, finished_at: null },
      ],
    });
  });

  it('and whom its job waits for, unless it copies', async () => {
    await migrate();
    admin.jobsWaitFor('gateway vm-7');
    expect((await get('/jobs/1')).waits_for).toEqual(['gateway vm-7']);
    await jobIs(1, { status: 'running', phase: 'copy' });
    expect((await get('/jobs/1')).waits_for).toEqual([]);
    await jobIs(1, { status: 'cancelling' });
    expect((await get('/jobs/1')).waits_for).toEqual(['gateway vm-7']);
  });

  it('and what was in the way, and was deleted', async () => {
    await migrate();
    const removed = { deleted: 3, left: 1, reasons: { 'it was written at the old place': 1 } };
    await jobIs(1, { existing: { removed: 2, kept: 1 }, removed });
    expect((await get('/jobs/1')).detail).toMatchObject({ existing: { removed: 2, kept: 1 }, removed });
  });

  it('and is told to be where it was until it has changed over', async () => {
    await migrate();
    await admin.deps.buckets.update('photos', (record) => ({
      ...record,
      target: { backend: 'new', bucket: 'photos' },
    }));
    expect((await get('/buckets/photos')).backend).toBe('old');
    await jobIs(1, { flippedAt: 7 });
    expect((await get('/buckets/photos')).backend).toBe('new');
  });

  it.each([
    [{ target_backend: 'elsewhere' }, 'target_backend "elsewhere" must be one of local-disk, old, new'],
    [{ target_backend: 'old' }, 'bucket "photos" is at backend "old" already'],
    [{ target_backend: undefined }, 'target_backend is missing: it must be the name of a backend'],
    [{ writes: 'maybe' }, 'writes "maybe" must be "gate" or "live"'],
    [{ verify: 'listing' }, 'verify "listing" must be "checksum" or "content"'],
    [{ on_existing: 'merge' }, 'on_existing "merge" must be "fail" or "replace"'],
    [{ delete_source: 'yes' }, 'delete_source "yes" must be true or false'],
    [
      { target_bucket: 'A' },
      'target_bucket "A" must be a bucket name: 3 to 63 lower-case letters, digits, hyphens and dots',
    ],
    [{ fast: true }, 'Unrecognized key: "fast"'],
  ])('but not by %j', async (body, message) => {
    expect(told(await migrate(body))).toEqual([400, message]);
    expect((await get('/jobs')).jobs).toEqual([]);
  });

  it('but not one that is not there, has a shadow, or is moved already', async () => {
    const nowhere = await admin.ask('POST', '/buckets/none/migrate', { body: { target_backend: 'new' } });
    expect(told(nowhere)).toEqual([404, 'no bucket "none"']);
    await admin.ask('POST', '/buckets', { body: { name: 'moving', backend: 'old', shadow: SHADOW } });
    const shadowed = await admin.ask('POST', '/buckets/moving/migrate', { body: { target_backend: 'new' } });
    expect(told(shadowed)).toEqual([409, '"moving" has a shadow: clear that first, then move the bucket']);
    await migrate();
    expect(told(await migrate())).toEqual([409, 'job 1 has bucket "photos" already']);
  });

  it('to another bucket of the same backend', async () => {
    expect((await migrate({ target_backend: 'old', target_bucket: 'photos-2' })).status).toBe(202);
    expect(await get('/jobs/1')).toMatchObject({
      detail: { target_bucket: 'photos-2', from_bucket: 'photos' },
    });
  });
});

describe('what moving takes', () => {
  beforeEach(async () => {
    const old = new StoreClient(
      admin.deps.stores.open({ backend: 'old', bucket: 'photos' }).service,
      'photos',
    );
    await old.ask('PUT', '');
    for (let index = 0; index < 4; index += 1) await old.put(`k${index}`, 'x'.repeat(100));
  });

  it('is told before anything is changed', async () => {
    const { status, json } = await migrate({}, '?dry_run=true&price_per_1000=5');
    expect([status, json]).toEqual([
      200,
      {
        bucket: 'photos',
        from_backend: 'old',
        to_backend: 'new',
        target_bucket: 'photos',
        objects: 4,
        bytes: 400,
        exact: true,
        basis: 'listed',
        rate: {
          objects: expect.any(Number),
          bytes: expect.any(Number),
          basis: expect.stringMatching(/^4 objects, 400 bytes, copied in \d+ ms, 8 at a time$/),
        },
        eta_seconds: 1,
        requests: {
          source: { list: 7, head: 4, get: 4, put: 0, delete: 0, total: 15 },
          target: { list: 5, head: 4, get: 0, put: 4, delete: 0, total: 13 },
        },
        cost: { price_per_1000: 5, source: 0.075, target: 0.065, total: 0.14 },
        at_target: { bucket_exists: false, objects: 0, exact: true, first_keys: [] },
        losses: [],
        bucket_settings: [],
        sampled: 4,
        problems: [],
      },
    ]);
    expect((await get('/jobs')).jobs).toEqual([]);
    expect(await get('/buckets/photos')).toMatchObject({ job: null });
  });

  it('is told with what keeps a job from being begun', async () => {
    await migrate();
    expect((await migrate({}, '?dry_run=true')).json).toMatchObject({
      objects: 4,
      cost: null,
      problems: ['job 1 has bucket "photos" already'],
    });
  });

  it('is told with the gateways that a job would wait for', async () => {
    const leases = new GatewayLeases(admin.kv, { leaseMs: 1, readLeaseMs: 60_000 });
    await leases.take({ id: 'vm-7', acknowledged: {} });
    await expect.poll(() => leases.live()).toEqual([]);
    const { problems } = (await migrate({}, '?dry_run=true')).json;
    expect(problems).toEqual([
      'gateway vm-7 is out of touch and may still be reading, so that a job would wait for it (force, if it is gone for good)',
    ]);
    expect((await migrate({ force: true }, '?dry_run=true')).json.problems).toEqual([]);
    expect(told(await migrate())).toEqual([409, (problems as string[])[0]]);
    expect((await migrate({ force: true })).status).toBe(202);
  });

  it('is not told for a price that is none', async () => {
    expect(told(await migrate({}, '?dry_run=true&price_per_1000=-1'))).toEqual([
      400,
      'price_per_1000 -1 must be the price of a thousand requests, 0 or more',
    ]);
  });
});

describe('a job', () => {
  const post = (path: string) => admin.ask('POST', `/jobs/maintenance:1/${path}`);

  it('is cancelled', async () => {
    await migrate();
    const { status, json } = await post('cancel');
    expect([status, json]).toEqual([200, { status: 'cancelling' }]);
  });

  it('is paused, gone on with, and tried again', async () => {
    await migrate();
    await jobIs(1, { status: 'running', phase: 'copy' });
    expect((await post('pause')).json).toEqual({ status: 'paused' });
    expect(await get('/buckets/photos')).toMatchObject({ job: { status: 'paused', writes_refused: false } });
    expect((await post('resume')).json).toEqual({ status: 'running' });
    await jobIs(1, { status: 'completed_with_errors' });
    expect((await post('retry')).json).toEqual({ status: 'running' });
  });

  it('is undone by another', async () => {
    await migrate();
    await admin.deps.buckets.update('photos', ({ job: _, ...record }) => ({
      ...record,
      target: { backend: 'new', bucket: 'photos' },
    }));
    await jobIs(1, { status: 'succeeded', flippedAt: 7 });
    const { status, json } = await post('rollback');
    expect([status, json]).toEqual([202, { id: 'maintenance:2', status: 'queued' }]);
    expect(await get('/jobs/maintenance:2')).toMatchObject({
      kind: 'rollback',
      name: 'Move photos back to old',
      detail: { target_backend: 'old', from_backend: 'new', rollback_of: 'maintenance:1' },
    });
  });

  it.each(['pause', 'resume', 'retry', 'rollback'])('that cannot do so is not asked to %s', async (verb) => {
    await migrate();
    const [status, message] = told(await post(verb));
    expect([status, message]).toEqual([
      409,
      expect.stringMatching(/^job 1 is queued \(stage\) and cannot be /),
    ]);
  });

  it.each(['maintenance:2', 'maintenance:x', 'x', '999999999999999'])(
    'called %s is unknown',
    async (name) => {
      for (const answer of [
        await admin.ask('GET', `/jobs/${name}`),
        await admin.ask('GET', `/jobs/${name}/failures`),
        await admin.ask('POST', `/jobs/${name}/cancel`),
      ])
        expect(answer.status).toBe(404);
    },
  );

  it('tells its failures in pages', async () => {
    await migrate();
    const failure = (key: string) => ({ id: `f-${key}`, occurredAt: 5_000, key, error: 'status 500' });
    const keys = Array.from({ length: 201 }, (_, index) => `k${index}`);
    await admin.jobRecords.keepFailures(1, keys.map(failure));
    const first = await get('/jobs/maintenance:1/failures');
    const failures = first.failures as object[];
    expect([failures.length, failures[0]]).toEqual([
      200,
      { id: 'f-k0', occurred_at: 5, object_key: 'k0', error: 'status 500' },
    ]);
    const second = await get(`/jobs/maintenance:1/failures?after=${first.next}`);
    expect([(second.failures as object[]).length, second.next]).toEqual([1, null]);
  });
});

it('jobs are listed in pages, the newest first', async () => {
  for (const name of ['one', 'two', 'three']) {
    await admin.ask('POST', '/buckets', { body: { name, backend: 'old' } });
    await admin.ask('POST', `/buckets/${name}/migrate`, { body: { target_backend: 'new' } });
  }
  const idsOf = ({ jobs }: Record<string, unknown>) => (jobs as { id: string }[]).map(({ id }) => id);
  const first = await get('/jobs?limit=2');
  expect([idsOf(first), first.next]).toEqual([['maintenance:3', 'maintenance:2'], 'maintenance:2']);
  const second = await get(`/jobs?limit=2&after=${first.next}`);
  expect([idsOf(second), second.next]).toEqual([['maintenance:1'], null]);
});

it('jobs of a bucket that never was are not told', async () => {
  expect((await admin.ask('GET', '/jobs/bucket/none')).status).toBe(404);
  expect(await get('/jobs/bucket/photos')).toEqual({ jobs: [], next: null });
});
