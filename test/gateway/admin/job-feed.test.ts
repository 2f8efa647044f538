import { expect, it } from 'vitest';
import { JobFeed } from '../../../src/gateway/admin/job-feed.js';
import type { JobProgress, JobRecord } from '../../../src/jobs/jobs.js';
import { ManualClock } from '../../support/manual-clock.js';

const JOB: JobRecord = {
  id: 1,
  kind: 'migrate',
  bucket: 'photos',
  bucketId: 'b',
  from: { backend: 'old', bucket: 'photos' },
  to: { backend: 'new', bucket: 'photos' },
  settings: {
    deleteSource: false,
    writes: 'gate',
    onExisting: 'fail',
    verify: 'checksum',
    limits: {},
    force: false,
  },
  trigger: 'test',
  status: 'running',
  phase: 'copy',
  phases: [],
  createdAt: 0,
};

const NOTHING: JobProgress = {
  total: 0,
  processed: 0,
  bytes: 0,
  totalBytes: 0,
  failed: 0,
  skipped: 0,
  percent: 0,
};

/** Jobs that come along as the test says, and how often they were asked for. */
function played() {
  const clock = new ManualClock();
  const listeners = new Set<() => void>();
  const jobs = [{ ...JOB, id: 2 }, JOB];
  const percents = new Map<number, number>();
  let looks = 0;
  const feed = new JobFeed({
    clock,
    jobs: {
      async list() {
        looks += 1;
        return { items: [...jobs] };
      },
      progress: async ({ id }) => ({ ...NOTHING, percent: percents.get(id) ?? 0 }),
      waitsFor: async () => [],
      onChange(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
  });
  return {
    feed,
    clock,
    jobs,
    listeners,
    looks: () => looks,
    progress: (id: number, percent: number) => percents.set(id, percent),
    change: () => listeners.forEach((listener) => void listener()),
  };
}

const idsIn = ({ value }: IteratorResult<readonly { id: string }[]>) =>
  value?.map(({ id }: { id: string }) => id);

it('a reader is told of all jobs first, and then of those that have changed', async () => {
  const { feed, clock, progress } = played();
  const reader = feed.changes(new AbortController().signal);
  expect(idsIn(await reader.next())).toEqual(['maintenance:2', 'maintenance:1']);
  const second = reader.next();
  clock.advance(1_000);
  expect(idsIn(await second)).toEqual([]);
  progress(1, 50);
  const third = reader.next();
  clock.advance(1_000);
  expect(idsIn(await third)).toEqual(['maintenance:1']);
  await reader.return(undefined);
});

it('a reader is told at once of a job that was begun', async () => {
  const { feed, jobs, change, listeners } = played();
  const reader = feed.changes(new AbortController().signal);
  await reader.next();
  const next = reader.next();
  jobs.unshift({ ...JOB, id: 3 });
  change();
  expect(idsIn(await next)).toEqual(['maintenance:3']);
  await reader.return(undefined);
  expect(listeners.size).toBe(0);
});

it('however many read, the state is asked once', async () => {
  const { feed, looks } = played();
  const { signal } = new AbortController();
  const readers = [1, 2, 3, 4].map(() => feed.changes(signal));
  await Promise.all(readers.map((reader) => reader.next()));
  expect(looks()).toBe(1);
  await Promise.all(readers.map((reader) => reader.return(undefined)));
});

it('a reader is done when it wants no more', async () => {
  const { feed } = played();
  const stop = new AbortController();
  const reader = feed.changes(stop.signal);
  await reader.next();
  const next = reader.next();
  stop.abort();
  expect((await next).done).toBe(true);
});
