import { useMutation, useQuery } from '@tanstack/react-query';
import type { z } from 'zod';
import type {
  AddedBackendJson,
  BackendJson,
  BackendProbeJson,
  backendChanges,
  newBackend,
} from '../../gateway/admin/backend-schemas.js';
import type { StoresHealthJson } from '../../gateway/admin/recent-schemas.js';
import type { BegunRotationJson } from '../../gateway/admin/rotate.js';
import { get, patch, path, post, remove } from './client.js';
import { queryClient } from './query-client.js';

export type Backend = BackendJson;
export type BackendProbe = BackendProbeJson;
export type BegunRotation = BegunRotationJson;
export type NewBackend = z.input<typeof newBackend>;

export const useBackends = () =>
  useQuery({
    queryKey: ['backends'],
    queryFn: ({ signal }) => get<{ backends: readonly Backend[] }>('/backends', signal),
    select: ({ backends }) => backends,
  });

export type StoresHealth = StoresHealthJson;
export type StoreHealth = StoresHealth['stores'][number];

/** A gateway looks so often, ms. */
const HEALTH_MS = 5_000;

export const useStoresHealth = () =>
  useQuery({
    queryKey: ['health'],
    queryFn: ({ signal }) => get<StoresHealth>('/backends/health', signal),
    refetchInterval: HEALTH_MS,
  });

const refresh = () => queryClient.invalidateQueries({ queryKey: ['backends'] });

export const useAddBackend = () =>
  useMutation({
    mutationFn: (backend: NewBackend) => post<AddedBackendJson>('/backends', backend),
    onSuccess: refresh,
  });

export const useChangeBackend = (name: string) =>
  useMutation({
    mutationFn: (changes: z.input<typeof backendChanges>) => patch<Backend>(path`/backends/${name}`, changes),
    onSuccess: refresh,
  });

export const useRemoveBackend = () =>
  useMutation({ mutationFn: (name: string) => remove(path`/backends/${name}`), onSuccess: refresh });

export const useProbeBackend = () =>
  useMutation({ mutationFn: (name: string) => post<BackendProbe>(path`/backends/${name}/probe`) });

/** Begins a job for each bucket of a backend. */
export const useRotateKeys = (name: string) =>
  useMutation({
    mutationFn: (writes: 'live' | 'gate') => post<BegunRotation>(path`/backends/${name}/rotate`, { writes }),
  });
