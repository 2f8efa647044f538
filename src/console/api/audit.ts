import { useInfiniteQuery } from '@tanstack/react-query';
import type { AuditEntryJson, AuditPageJson } from '../../gateway/admin/audit/routes.js';
import { get, query } from './client.js';

export type AuditEntry = AuditEntryJson;

export interface AuditFilter {
  readonly bucket?: string | undefined;
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
}

const PAGE = 100;

/** Who changed what, the newest first. */
export const useAudit = ({ bucket, actor, action }: AuditFilter) =>
  useInfiniteQuery({
    queryKey: ['audit', bucket, actor, action],
    queryFn: ({ pageParam, signal }) =>
      get<AuditPageJson>(`/audit${query({ bucket, actor, action, limit: PAGE, after: pageParam })}`, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
  });
