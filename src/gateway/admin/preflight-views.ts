import { AT_ONCE, type MeasuredRate } from '../preflight/measure.js';
import type { Preflight, PreflightWish } from '../preflight/preflight.js';
import { type MigrationRequests, type Requests, totalOf } from '../preflight/requests.js';
import { storeName } from './job-views.js';
import type { PreflightJson, RequestsJson } from './preflight-schemas.js';

export interface PreflightContext extends Pick<PreflightWish, 'from' | 'to'> {
  readonly bucket: string;
  /** Why the job would be refused now, or wait. */
  readonly obstacles: readonly string[];
  /** Of a thousand requests, in any currency. */
  readonly pricePer1000: number | undefined;
}

/** What moving a bucket would take, as the admin API shows it. */
export function preflightJson(
  { counted, atTarget, rate, requests, ...found }: Preflight,
  { bucket, from, to, obstacles, pricePer1000 }: PreflightContext,
): PreflightJson {
  return {
    bucket,
    from_backend: storeName(from),
    to_backend: storeName(to),
    target_bucket: to.bucket,
    objects: counted.objects,
    bytes: counted.bytes,
    exact: counted.isExact,
    basis: counted.basis,
    rate: rate ? rateJson(rate) : null,
    eta_seconds: found.etaSeconds ?? null,
    requests: { source: requestsJson(requests.source), target: requestsJson(requests.target) },
    cost: pricePer1000 === undefined ? null : costJson(requests, pricePer1000),
    at_target: {
      bucket_exists: atTarget.bucketExists,
      objects: atTarget.objects,
      exact: atTarget.isExact,
      first_keys: [...atTarget.firstKeys],
    },
    losses: found.losses.map((loss) => ({ ...loss })),
    bucket_settings: [...found.bucketSettings],
    sampled: found.sampled,
    problems: [...obstacles, ...found.problems],
  };
}

const rateJson = ({ objects, bytes, copied }: MeasuredRate): NonNullable<PreflightJson['rate']> => ({
  objects: Math.round(objects * 10) / 10,
  bytes: Math.round(bytes),
  basis: `${copied.objects} objects, ${copied.bytes} bytes, copied in ${copied.ms} ms, ${AT_ONCE} at a time`,
});

const requestsJson = (requests: Requests): RequestsJson => ({ ...requests, total: totalOf(requests) });

function costJson({ source, target }: MigrationRequests, price: number): NonNullable<PreflightJson['cost']> {
  const costOf = (count: number) => Math.round(((count * price) / 1_000) * 1e4) / 1e4;
  const [ofSource, ofTarget] = [totalOf(source), totalOf(target)];
  return {
    price_per_1000: price,
    source: costOf(ofSource),
    target: costOf(ofTarget),
    total: costOf(ofSource + ofTarget),
  };
}
