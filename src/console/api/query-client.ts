import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { ApiError } from './client.js';

export const SESSION = ['session'] as const;

/** Leads to the sign-in, and forgets what was read. */
export function endSession(): void {
  queryClient.setQueryData(SESSION, { authenticated: false });
  queryClient.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION[0] });
}

function onError(error: Error): void {
  if (error instanceof ApiError && error.code === 'unauthenticated') endSession();
}

/** What was refused is refused again; only where no answer came it is asked once more. */
const retry = (count: number, error: Error): boolean =>
  count < 2 && error instanceof ApiError && (error.status === 0 || error.status === 503);

export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError }),
  mutationCache: new MutationCache({ onError }),
  defaultOptions: { queries: { retry, staleTime: 2_000 } },
});
