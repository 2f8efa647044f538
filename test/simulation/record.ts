import { sourceId } from '../../src/shadow/copying/provenance.js';
import type { BucketRecord } from '../../src/state/buckets.js';
import type { Place } from '../../src/state/place.js';
import type { Rung } from '../../src/state/rung.js';
import type { Side } from './monitor.js';
import type { Scenario } from './scenario.js';

export type Shadow = NonNullable<BucketRecord['shadow']>;

/** The one bucket that there is. */
export const BUCKET = 'bucket';

export const BUCKET_ID = 'b';

export const placeOf = (side: Side): Place => ({ backend: side, bucket: side });

/** Which shadow copies say that they are from. */
export const FROM = sourceId({ place: placeOf('shadow'), prefix: '', targetPrefix: '' });

/** The bucket as a scenario begins with it. */
export function recordOf({ rung, delete: deletes, conditional, isOneStore }: Scenario): BucketRecord {
  const place = { backend: isOneStore ? 'target' : 'shadow', bucket: 'shadow' };
  return {
    name: BUCKET,
    id: BUCKET_ID,
    org: null,
    target: placeOf('target'),
    public: false,
    createdAt: '2026-01-01T00:00:00.000Z',
    shadow: rung === 'none' ? null : { ...shadowOn(rung, deletes), place },
    epoch: 0,
    forgetting: false,
    conditionalWrites: conditional,
  };
}

/** The store that a place is, whatever it is to the bucket now. */
export const sideOf = ({ bucket }: Place): Side => (bucket === 'shadow' ? 'shadow' : 'target');

/** A shadow that all gateways have on that rung. */
export function shadowOn(
  rung: Exclude<Rung, 'target-only' | 'opening' | 'swapping'>,
  deletes: Shadow['delete'],
): Shadow {
  return {
    place: placeOf('shadow'),
    writeThrough: rung === 'write-through',
    rung,
    aim: rung,
    confirmed: true,
    delete: deletes,
    prefix: '',
    targetPrefix: '',
    since: '2026-01-01T00:00:00.000Z',
  };
}
