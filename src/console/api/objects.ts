import { useMutation, useQuery } from '@tanstack/react-query';
import type { ExplanationJson } from '../../gateway/admin/comparison-schemas.js';
import type { ObjectPageJson, PresignedJson } from '../../gateway/admin/object-schemas.js';
import { get, path, post, query } from './client.js';

export type ObjectPage = ObjectPageJson;
export type Explanation = ExplanationJson;

const PAGE = 100;

/** A page of what is right below a prefix, in both stores. @param after where it begins; '' for the first */
export const useObjects = (bucket: string, { prefix, after }: { prefix: string; after: string }) =>
  useQuery({
    queryKey: ['objects', bucket, prefix, after],
    queryFn: ({ signal }) =>
      get<ObjectPage>(
        `${path`/buckets/${bucket}`}/objects${query({ prefix, delimiter: '/', limit: PAGE, after: after || undefined })}`,
        signal,
      ),
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
