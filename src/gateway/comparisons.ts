import { S3Error } from '../s3/errors.js';
import { markingOf } from '../shadow/copying/provenance.js';
import type { PageRequest } from '../shadow/listing/store-page.js';
import { isOfShadow } from '../shadow/outside.js';
import { writesBoth } from '../shadow/rungs.js';
import type { BucketRecord } from '../state/buckets.js';
import { type BrowsedPage, browse } from '../sweep/compare/browse.js';
import { type Explanation, explainKey } from '../sweep/compare/explain.js';
import { report } from '../sweep/compare/report.js';
import type { Level, Verified } from '../sweep/compare/verified.js';
import { createVerifier } from '../sweep/compare/verify.js';
import type { ShadowedRecord } from './admin/find-bucket.js';
import type { BucketRoutes } from './bucket-routes.js';
import { findRoute } from './bucket-routes.js';
import { followMoving } from './find-moving.js';

export interface ReportRequest {
  readonly level: Level;
  /** Of the keys, above 0 to 1. */
  readonly share: number;
  readonly signal: AbortSignal;
}

/** What the two stores of a bucket say of its keys. Nothing is changed by it. */
export interface Comparisons {
  /** Of every key, in key order. @throws ListingRefused, BackendUnavailable, KvUnavailable; S3Error when the shadow goes meanwhile */
  report(bucket: ShadowedRecord, request: ReportRequest): AsyncGenerator<Verified>;
  /** Of one key, with a shadow or without. @throws KvUnavailable */
  explain(bucket: BucketRecord, key: string, signal: AbortSignal): Promise<Explanation>;
  /** A page of both listings. @throws ListingRefused, BackendUnavailable, KvUnavailable */
  browse(bucket: BucketRecord, wanted: PageRequest): Promise<BrowsedPage>;
}

/** @param closing ends what is under way */
export function createComparisons(routes: Pick<BucketRoutes, 'find'>, closing: AbortSignal): Comparisons {
  return {
    report({ name, shadow }, { level, share, signal }) {
      const until = AbortSignal.any([signal, closing]);
      const moving = followMoving(routes, name, shadow.targetPrefix);
      const settings = { ...markingOf(shadow), level, writeThrough: writesBoth(shadow) };
      const verify = createVerifier({ ...moving, ...settings, signal: until });
      return toldOfClosing(report(moving, { verify, share, signal: until }), closing);
    },
    async explain({ name }, key, signal) {
      const { record, target, movingFrom } = await findRoute(routes, name);
      const { shadow } = record;
      if (!shadow || !movingFrom || !isOfShadow({ settings: shadow }, key))
        return explainKey(key, { target, signal });
      const { shadow: store, ledger } = movingFrom;
      const inShadow = { store, ledger, rung: shadow.rung, ...markingOf(shadow) };
      return explainKey(key, { target, shadow: inShadow, signal });
    },
    async browse({ name }, wanted) {
      const { target, movingFrom } = await findRoute(routes, name);
      const shadow = movingFrom && { store: movingFrom.shadow, ledger: movingFrom.ledger };
      return browse({ target, shadow }, { ...wanted, signal: AbortSignal.any([wanted.signal, closing]) });
    },
  };
}

async function* toldOfClosing<T>(items: AsyncGenerator<T>, closing: AbortSignal): AsyncGenerator<T> {
  try {
    yield* items;
  } catch (error) {
    if (closing.aborted) throw new S3Error('ServiceUnavailable', 'The gateway is stopping.');
    throw error;
  }
}
