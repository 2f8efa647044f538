import { sourceId } from '../../src/shadow/copying/provenance.js';
import type { BucketRecord } from '../../src/state/buckets.js';
import type { Rung } from '../../src/state/rung.js';
import type { Scenario } from './scenario.js';

export type Shadow = NonNullable<BucketRecord['shadow']>;

/** The one bucket that there is. */
export const BUCKET = 'bucket';

export const BUCKET_ID = 'b';

const SHADOW_PLACE = { backend: 'shadow', bucket: 'shadow' };

/** Which shadow copies say that they are from. */
export const FROM = sourceId({ place: SHADOW_PLACE, prefix: '', targetPrefix: '' });

/** The bucket as a scenario begins with it. */
export function recordOf({ rung, delete: deletes, conditional, isOneStore }: Scenario): BucketRecord {
  const place = { backend: isOneStore ? 'target' : 'shadow', bucket: 'shadow' };
  return {
    name: BUCKET,
    id: BUCKET_ID,
    org: null,
    target: { backend: 'target', bucket: 'target' },
    public: false,
    createdAt: '2026-01-01T00:00:00.000Z',
    shadow: rung === 'none' ? null : { ...shadowOn(rung, deletes), place },
    epoch: 0,
    forgetting: false,
    conditionalWrites: conditional,
  };
}

/** A shadow that all gateways have on that rung. */
export function shadowOn(rung: Exclude<Rung, 'target-only' | 'opening'>, deletes: Shadow['delete']): Shadow {
  return {
    place: SHADOW_PLACE,
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
