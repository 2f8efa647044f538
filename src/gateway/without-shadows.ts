import type { BucketRoute } from './bucket-route.js';
import type { BucketRoutes } from './bucket-routes.js';

/** The same buckets, each served by its target alone: no shadow is asked, and no copy, intent or tombstone made. */
export const withoutShadows = (routes: BucketRoutes): BucketRoutes => ({
  ...routes,
  async find(name) {
    const route = await routes.find(name);
    return route && withoutShadow(route);
  },
});

const withoutShadow = ({ movingFrom: _, ...route }: BucketRoute): BucketRoute => ({
  ...route,
  service: route.target,
});
