import type { Place } from '../../state/place.js';
import type { ProbeTarget } from '../scratch-object.js';
import type { Stores } from '../stores.js';

/** Asks a bucket, over a connection that is there as long as it is asked. */
export async function atPlace<T>(
  place: Place,
  stores: Stores,
  ask: (at: ProbeTarget) => Promise<T>,
): Promise<T> {
  const store = stores.open(place);
  try {
    return await ask({ service: store.service, bucket: place.bucket });
  } finally {
    await store.close();
  }
}
