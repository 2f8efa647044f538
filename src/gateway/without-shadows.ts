import type { BucketRoute } from './bucket-route.js';
import type { BucketRoutes } from './bucket-routes.js';
import { behindGate } from './write-gate.js';

/** The same buckets, each served by its target alone: no shadow is asked, and no copy, intent or tombstone made. */
export const withoutShadows = (routes: BucketRoutes): BucketRoutes => ({
  ...routes,
  async find(name) {
    const route = await routes.find(name);
    return route && withoutShadow(route);
  },
});

/** Of a bucket that has none the target is reached as ever: its requests are waited for when the bucket begins to move. */
const withoutShadow = ({ movingFrom, ...route }: BucketRoute): BucketRoute => ({
  ...route,
  service: movingFrom ? behindGate(route.record, route.target) : route.service,
});
