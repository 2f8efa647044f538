import { keepPreviousData, useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query';
import type { z } from 'zod';
import type {
  FindingsJson,
  newSettings,
  PassJson,
  RetriedPassJson,
} from '../../gateway/admin/pass-schemas.js';
import { get, patch, path, post, query } from './client.js';
import { queryClient } from './query-client.js';

export type Pass = PassJson;
export type PassKind = 'sweep' | 'verify';
export type Turn = 'pause' | 'resume' | 'stop';
export type Finding = FindingsJson['findings'][number];
export type SweepSettings = z.input<typeof newSettings.sweep>;
export type VerifySettings = z.input<typeof newSettings.verify>;
export type Limits = Pick<SweepSettings, 'max_bandwidth' | 'max_requests' | 'window'>;

const BUSY_MS = 2_000;
const IDLE_MS = 15_000;
const PAGE = 200;

const isUnderWay = (pass: Pass): boolean =>
  pass.state === 'running' || (pass.state !== 'idle' && pass.is_over === false);

export const usePass = (name: string, kind: PassKind) =>
  useQuery({
    queryKey: ['pass', name, kind],
    queryFn: ({ signal }) => get<Pass>(path`/buckets/${name}/${kind}`, signal),
    refetchInterval: ({ state }) => (state.data && isUnderWay(state.data) ? BUSY_MS : IDLE_MS),
  });

function shown(name: string, kind: PassKind, pass: Pass): Promise<void> {
  queryClient.setQueryData(['pass', name, kind], pass);
  return queryClient.invalidateQueries({ queryKey: ['status', name] });
}

/** Begins a pass, or changes the one that is under way. */
export const useStartPass = (name: string, kind: PassKind) =>
  useMutation({
    mutationFn: (settings: SweepSettings & VerifySettings) =>
      post<Pass>(path`/buckets/${name}/${kind}`, settings),
    onSuccess: (pass) => shown(name, kind, pass),
  });

export const useTurnPass = (name: string, kind: PassKind) =>
  useMutation({
    mutationFn: (turn: Turn) => post<Pass>(`${path`/buckets/${name}/${kind}`}/${turn}`),
    onSuccess: (pass) => shown(name, kind, pass),
  });

/** Tries again what failed: one key, or all without one. */
export const useRetryFailed = (name: string, kind: PassKind) =>
  useMutation({
    mutationFn: (key: string | undefined) =>
      post<RetriedPassJson>(
        `${path`/buckets/${name}/${kind}`}/retry-failed`,
        key === undefined ? undefined : { keys: [key] },
      ),
    onSuccess: ({ retried: _, ...pass }) => shown(name, kind, pass),
  });

export const usePassLimits = (name: string, kind: PassKind) =>
  useMutation({
    mutationFn: (limits: Limits) => patch<Pass>(path`/buckets/${name}/${kind}`, limits),
    onSuccess: (pass) => shown(name, kind, pass),
  });

/** What a pass found of single keys, asked anew when it has found more, or has been through more: what is tried again may fail again. */
export const useFindings = (name: string, kind: PassKind, { findings, ranges }: Pass) =>
  useInfiniteQuery({
    queryKey: ['findings', name, kind, findings?.kept, ranges?.done],
    placeholderData: keepPreviousData,
    queryFn: ({ pageParam, signal }) =>
      get<FindingsJson>(
        `${path`/buckets/${name}/${kind}`}/findings${query({ limit: PAGE, after: pageParam })}`,
        signal,
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
  });
