import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import type { CreatedTokenJson, TokenJson } from '../../gateway/admin/tokens.js';
import { get, path, post, query, remove } from './client.js';
import { queryClient } from './query-client.js';

export type Token = TokenJson;

export interface NewToken {
  readonly name: string;
  readonly role: Token['role'];
  /** Seconds; null: until it is revoked. */
  readonly expires_in: number | null;
}

const PAGE = 100;

/** The tokens of machines, without themselves. */
export const useTokens = () =>
  useInfiniteQuery({
    queryKey: ['tokens'],
    queryFn: ({ pageParam, signal }) =>
      get<{ tokens: readonly Token[]; next: string | null }>(
        `/tokens${query({ limit: PAGE, after: pageParam })}`,
        signal,
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
  });

const refresh = () => queryClient.invalidateQueries({ queryKey: ['tokens'] });

/** The answer alone has the token. */
export const useCreateToken = () =>
  useMutation({
    mutationFn: (token: NewToken) => post<CreatedTokenJson>('/tokens', token),
    onSuccess: refresh,
  });

export const useRevokeToken = () =>
  useMutation({ mutationFn: (id: string) => remove(path`/tokens/${id}`), onSuccess: refresh });
