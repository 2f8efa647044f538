import type { Backend } from '../backends/backend.js';
import { createRemoteBackend } from '../backends/remote/remote.js';
import { isDeclared, type Place } from '../state/place.js';
import type { Clock } from '../system/clock.js';
import type { Times } from '../system/times.js';

/** A store, whatever bucket of it a request names. To be closed by whoever opened it. */
export interface OpenStore extends Pick<Backend, 'name' | 'service' | 'room' | 'close'> {
  /** Whether the gateway encrypts what is in it, as far as is known of a backend that was added a moment ago. No endpoint without a declaration is. */
  readonly isEncrypted?: () => boolean;
}

/** Where the places of buckets are reached: a backend is shared by all, an endpoint has a connection for each that opens it. */
export interface Stores {
  /** Of a backend that is not known, each request is refused with S3Error ServiceUnavailable. */
  open(place: Place): OpenStore;
}

export interface StoresOptions {
  readonly backends: { use(name: string): OpenStore };
  readonly clock: Clock;
  readonly times?: Times;
}

export const createStores = ({ backends, ...options }: StoresOptions): Stores => ({
  open: (place) =>
    isDeclared(place)
      ? backends.use(place.backend)
      : createRemoteBackend({ ...place, name: place.endpoint, forcePathStyle: true, ...options }),
});
