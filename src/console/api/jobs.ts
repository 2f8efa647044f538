import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query';
import type { z } from 'zod';
import type {
  BegunMigrationJson,
  JobFailureJson,
  JobJson,
  migrateInput,
} from '../../gateway/admin/job-schemas.js';
import type { PreflightJson } from '../../gateway/admin/preflight-schemas.js';
import { get, path, post, query } from './client.js';
import { queryClient } from './query-client.js';

export type Job = JobJson;
export type JobFailure = JobFailureJson;
export type MigrateInput = z.input<typeof migrateInput>;
export type Preflight = PreflightJson;
export type JobTurn = 'pause' | 'resume' | 'retry' | 'cancel' | 'rollback';

interface Jobs {
  readonly jobs: readonly Job[];
  readonly next: string | null;
}

/** Older jobs, a page at a time. */
export const useOlderJobs = (after: string) =>
  useInfiniteQuery({
    queryKey: ['older-jobs', after],
    queryFn: ({ pageParam, signal }) => get<Jobs>(`/jobs${query({ limit: 100, after: pageParam })}`, signal),
    initialPageParam: after as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
  });

export const useJob = (id: string) =>
  useQuery({
    queryKey: ['job', id],
    queryFn: ({ signal }) => get<Job>(path`/jobs/${id}`, signal),
    refetchInterval: 5_000,
  });

export const useJobFailures = (id: string, count: number) =>
  useInfiniteQuery({
    queryKey: ['job-failures', id, count],
    queryFn: ({ pageParam, signal }) =>
      get<{ failures: readonly JobFailure[]; next: string | null }>(
        `${path`/jobs/${id}`}/failures${query({ after: pageParam })}`,
        signal,
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
  });

/** Asks something of a job; of a rollback the answer names the job that does it. */
export const useTurnJob = (id: string) =>
  useMutation({
    mutationFn: ({ turn, force = false }: { turn: JobTurn; force?: boolean }) =>
      post<{ status: string; id?: string }>(`${path`/jobs/${id}`}/${turn}${force ? '?force=true' : ''}`),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['job', id] }),
  });

export const usePreflight = (bucket: string) =>
  useMutation({
    mutationFn: (input: MigrateInput) =>
      post<Preflight>(`${path`/buckets/${bucket}/migrate`}?dry_run=true`, input),
  });

export const useMigrate = (bucket: string) =>
  useMutation({
    mutationFn: (input: MigrateInput) => post<BegunMigrationJson>(path`/buckets/${bucket}/migrate`, input),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['buckets'] }),
  });
