import type { Backend } from '../backends/backend.js';
import { createRemoteBackend } from '../backends/remote/remote.js';
import { S3Error } from '../s3/errors.js';
import { isDeclared, type Place } from '../state/place.js';
import type { Clock } from '../system/clock.js';
import type { Times } from '../system/times.js';

/** A store, whatever bucket of it a request names. To be closed by whoever opened it. */
export type OpenStore = Pick<Backend, 'name' | 'service' | 'room' | 'close'>;

/** Where the places of buckets are reached: a declared backend is shared by all, an endpoint has a connection for each that opens it. */
export interface Stores {
  /** Of a backend that is not declared any more, each request is refused with S3Error ServiceUnavailable. */
  open(place: Place): OpenStore;
}

export interface StoresOptions {
  readonly backends: ReadonlyMap<string, Backend>;
  readonly clock: Clock;
  readonly times?: Times;
}

export const createStores = ({ backends, ...options }: StoresOptions): Stores => ({
  open: (place) =>
    isDeclared(place)
      ? declaredStore(place.backend, backends.get(place.backend))
      : createRemoteBackend({ ...place, name: place.endpoint, forcePathStyle: true, ...options }),
});

/** Others are using it as well. */
const declaredStore = (name: string, backend: Backend | undefined): OpenStore => ({
  name,
  ...(backend?.room && { room: backend.room }),
  service: backend?.service ?? (() => Promise.reject(notConfigured(name))),
  close: async () => undefined,
});

const notConfigured = (backend: string): S3Error =>
  new S3Error('ServiceUnavailable', `The backend "${backend}" of this bucket is not in the configuration.`);
