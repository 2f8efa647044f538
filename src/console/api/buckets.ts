import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query';
import type { z } from 'zod';
import type { BucketHistoryJson } from '../../gateway/admin/recent-schemas.js';
import type {
  BucketJson,
  BucketStatusJson,
  bucketChanges,
  ChangedBucketJson,
  CreatedBucketJson,
  newBucket,
  shadowInput,
} from '../../gateway/admin/schemas.js';
import { get, patch, path, post, query, remove } from './client.js';
import { queryClient } from './query-client.js';

export type Bucket = BucketJson;
export type BucketStatus = BucketStatusJson;
export type BucketHistory = BucketHistoryJson;
export type HistoryPoint = BucketHistory['points'][number];
export type Migration = BucketStatus['migration'];
export type Shadow = NonNullable<Bucket['shadow']>;
export type NewBucket = z.input<typeof newBucket>;
export type BucketChanges = z.input<typeof bucketChanges>;
export type ShadowInput = z.input<typeof shadowInput>;
export type CreatedBucket = CreatedBucketJson;

/** Buckets that are shown at a time: each is asked how far it is. */
const PAGE = 50;

const BUSY_MS = 2_000;
const IDLE_MS = 15_000;
/** Of a bucket that is too large to be counted while one waits: each look lists both stores for ten seconds. */
const UNCOUNTED_MS = 120_000;

interface BucketPage {
  readonly buckets: readonly Bucket[];
  readonly next: string | null;
}

export const useBuckets = () =>
  useInfiniteQuery({
    queryKey: ['buckets'],
    queryFn: ({ pageParam, signal }) =>
      get<BucketPage>(`/buckets${query({ limit: PAGE, after: pageParam })}`, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
    refetchInterval: IDLE_MS,
  });

/** Whether it changes by itself just now. */
const isChanging = ({ shadow, job }: Bucket): boolean =>
  job !== null || (shadow !== null && shadow.aim !== shadow.rung);

/** Before a status is asked for anew, ms. */
function pauseAfter({ migration, switching, job }: BucketStatus): number {
  if (migration.counted_by === 'listings' && !migration.exact && migration.problem === null)
    return UNCOUNTED_MS;
  return switching !== null || job !== null || migration.sweep?.state === 'running' ? BUSY_MS : IDLE_MS;
}

/** The settings of a bucket, which no store is asked for. */
export const useBucket = (name: string) =>
  useQuery({
    queryKey: ['bucket', name],
    queryFn: ({ signal }) => get<Bucket>(path`/buckets/${name}`, signal),
    refetchInterval: ({ state: { data } }) => (data && isChanging(data) ? BUSY_MS : IDLE_MS),
  });

/** How far a bucket is, asked again and again: counted in both stores, unless a sweep of a large one has. */
export const useBucketStatus = (name: string) =>
  useQuery({
    queryKey: ['status', name],
    queryFn: ({ signal }) => get<BucketStatus>(path`/buckets/${name}/status`, signal),
    refetchInterval: ({ state: { data } }) => (data ? pauseAfter(data) : IDLE_MS),
  });

/** A gateway looks so often, ms. */
const HISTORY_MS = 5_000;

/** The last ten minutes of a bucket that has a shadow. */
export const useBucketHistory = (name: string) =>
  useQuery({
    queryKey: ['history', name],
    queryFn: ({ signal }) => get<BucketHistory>(path`/buckets/${name}/history`, signal),
    refetchInterval: HISTORY_MS,
  });

const refresh = async (name: string): Promise<void> => {
  await queryClient.invalidateQueries({ queryKey: ['buckets'] });
  await queryClient.invalidateQueries({ queryKey: ['bucket', name] });
  await queryClient.invalidateQueries({ queryKey: ['status', name] });
};

export const useCreateBucket = () =>
  useMutation({
    mutationFn: (bucket: NewBucket) => post<CreatedBucket>('/buckets', bucket),
    onSuccess: ({ bucket }) => refresh(bucket),
  });

export const useChangeBucket = (name: string) =>
  useMutation({
    mutationFn: (changes: BucketChanges) => patch<ChangedBucketJson>(path`/buckets/${name}`, changes),
    // What was refused may have changed something on its way.
    onSettled: () => refresh(name),
  });

export const useRemoveBucket = (name: string) =>
  useMutation({
    mutationFn: () => remove(path`/buckets/${name}`),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['buckets'] }),
  });
