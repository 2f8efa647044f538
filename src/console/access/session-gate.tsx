import { Center, Loader } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { get } from '../api/client.js';
import { SESSION } from '../api/query-client.js';
import { Failure } from '../parts/failure.js';
import { SignIn } from './sign-in.js';

/** Shows what is inside to who has a session, and the sign-in to everybody else. The address stays, so that deep links lead on. */
export function SessionGate({ children }: { readonly children: ReactNode }) {
  const session = useQuery({
    queryKey: SESSION,
    queryFn: ({ signal }) => get<{ authenticated: boolean }>('/session', signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (session.data) return session.data.authenticated ? children : <SignIn />;
  return (
    <Center mih="100vh">
      {session.error ? <Failure error={session.error} /> : <Loader aria-label="Loading" />}
    </Center>
  );
}
