import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query';
import type { ExplanationJson } from '../../gateway/admin/comparison-schemas.js';
import type { ObjectPageJson, PresignedJson } from '../../gateway/admin/object-schemas.js';
import { get, path, post, query } from './client.js';

export type ObjectPage = ObjectPageJson;
export type Explanation = ExplanationJson;

const PAGE = 100;

/** What is right below a prefix, in both stores. */
export const useObjects = (bucket: string, prefix: string) =>
  useInfiniteQuery({
    queryKey: ['objects', bucket, prefix],
    queryFn: ({ pageParam, signal }) =>
      get<ObjectPage>(
        `${path`/buckets/${bucket}`}/objects${query({ prefix, delimiter: '/', limit: PAGE, after: pageParam })}`,
        signal,
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
  });

export const useExplanation = (bucket: string, key: string) =>
  useQuery({
    queryKey: ['explain', bucket, key],
    queryFn: ({ signal }) => get<Explanation>(`${path`/buckets/${bucket}`}/explain${query({ key })}`, signal),
    enabled: key !== '',
  });

export const usePresign = (bucket: string) =>
  useMutation({
    mutationFn: (wish: { key: string; expires_seconds: number }) =>
      post<PresignedJson>(`${path`/buckets/${bucket}`}/presign`, wish),
  });
