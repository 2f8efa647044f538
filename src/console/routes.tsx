import { createBrowserRouter, Navigate } from 'react-router';
import { Lost, RouteFailure } from './parts/failure.js';
import { AUDIT, BACKENDS, BUCKETS, JOBS, KEYS, TOKENS } from './paths.js';
import { Shell } from './shell.js';

/** Every screen is loaded when it is gone to first. */
export const router = createBrowserRouter(
  [
    {
      element: <Shell />,
      ErrorBoundary: RouteFailure,
      HydrateFallback: () => null,
      children: [
        { index: true, element: <Navigate to={BUCKETS} replace /> },
        {
          path: BUCKETS,
          lazy: async () => ({ Component: (await import('./storage/buckets.js')).Buckets }),
        },
        {
          path: `${BUCKETS}/new`,
          lazy: async () => ({ Component: (await import('./storage/new-bucket.js')).NewBucket }),
        },
        {
          path: `${BUCKETS}/:name/set-shadow`,
          lazy: async () => ({ Component: (await import('./storage/set-shadow.js')).SetShadow }),
        },
        {
          path: `${BUCKETS}/:name/migrate`,
          lazy: async () => ({ Component: (await import('./storage/migrate.js')).Migrate }),
        },
        {
          path: `${BUCKETS}/:name/:tab?`,
          lazy: async () => ({ Component: (await import('./bucket/bucket-page.js')).BucketPage }),
        },
        {
          path: `${JOBS}/:id?`,
          lazy: async () => ({ Component: (await import('./jobs/jobs.js')).Jobs }),
        },
        {
          path: BACKENDS,
          lazy: async () => ({ Component: (await import('./storage/backends.js')).Backends }),
        },
        {
          path: `${BACKENDS}/new`,
          lazy: async () => ({ Component: (await import('./storage/new-backend.js')).NewBackend }),
        },
        {
          path: `${BACKENDS}/:name/encryption`,
          lazy: async () => ({ Component: (await import('./storage/encryption.js')).Encryption }),
        },
        { path: KEYS, lazy: async () => ({ Component: (await import('./access/keys.js')).Keys }) },
        { path: TOKENS, lazy: async () => ({ Component: (await import('./access/tokens.js')).Tokens }) },
        { path: AUDIT, lazy: async () => ({ Component: (await import('./access/audit.js')).Audit }) },
        { path: '*', element: <Lost /> },
      ],
    },
  ],
  { basename: '/_/' },
);
