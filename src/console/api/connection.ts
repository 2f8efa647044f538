import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useSyncExternalStore } from 'react';
import { get, isAnswering, onAnswering } from './client.js';
import { queryClient } from './query-client.js';

const AGAIN_MS = 2_000;

/** Whether the gateway gives no answer now. It is asked until it does, and then all that is shown is asked for anew. */
export function useIsLost(): boolean {
  const isLost = !useSyncExternalStore(onAnswering, isAnswering);
  useQuery({
    queryKey: ['connection'],
    queryFn: ({ signal }) => get('/session', signal),
    enabled: isLost,
    refetchInterval: AGAIN_MS,
    retry: false,
  });
  const wasLost = useRef(false);
  useEffect(() => {
    if (wasLost.current && !isLost) void queryClient.invalidateQueries();
    wasLost.current = isLost;
  }, [isLost]);
  return isLost;
}
