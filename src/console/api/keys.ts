import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import type { AccessKeyJson, CreatedAccessKeyJson } from '../../gateway/admin/schemas.js';
import { get, path, post, query, remove } from './client.js';
import { queryClient } from './query-client.js';

export type AccessKey = AccessKeyJson;
export type Role = AccessKey['role'];

const PAGE = 100;

/** Access keys of one bucket, or of all. */
export const useAccessKeys = (bucket?: string) =>
  useInfiniteQuery({
    queryKey: ['keys', bucket ?? null],
    queryFn: ({ pageParam, signal }) =>
      get<{ keys: readonly AccessKey[]; next: string | null }>(
        `${bucket === undefined ? '' : path`/buckets/${bucket}`}/keys${query({ limit: PAGE, after: pageParam })}`,
        signal,
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
  });

const refresh = () => queryClient.invalidateQueries({ queryKey: ['keys'] });

export const useCreateKey = () =>
  useMutation({
    mutationFn: ({ bucket, role }: { bucket: string; role: Role }) =>
      post<CreatedAccessKeyJson>(`${path`/buckets/${bucket}`}/keys`, { role }),
    onSuccess: refresh,
  });

export const useRevokeKey = () =>
  useMutation({ mutationFn: (id: string) => remove(path`/keys/${id}`), onSuccess: refresh });
