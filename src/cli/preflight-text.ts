import type { PreflightJson } from '../gateway/admin/preflight-schemas.js';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatMany,
  formatObjects,
  formatTable,
} from './format.js';

type Row = readonly [string, string];

/** What moving a bucket would take, as `storage migrate` tells a reader before it begins. */
export function preflightText(found: PreflightJson): string[] {
  return formatTable([
    [
      'Move',
      `${found.bucket} from ${found.from_backend} to ${found.to_backend}, bucket ${found.target_bucket}`,
    ],
    ['Objects', amountWords(found)],
    ['Time', timeWords(found)],
    ['Requests', requestWords(found)],
    ...costRows(found),
    ['There', targetWords(found)],
    ...lossRows(found),
    ...settingRows(found),
    ...found.problems.map((problem): Row => ['Problem', problem]),
  ]);
}

function amountWords({ objects, bytes, exact, basis }: PreflightJson): string {
  return `${exact ? '' : 'about '}${formatObjects(objects)}, ${formatBytes(bytes)}; ${basis}`;
}

function timeWords({ rate, eta_seconds }: PreflightJson): string {
  if (rate === null || eta_seconds === null) return 'not known: nothing could be measured';
  const speed = `${formatCount(rate.objects)} objects/s, ${formatBytes(rate.bytes)}/s`;
  return `about ${formatDuration(eta_seconds)} to copy, at ${speed}; ${rate.basis}`;
}

function requestWords({ requests, from_backend, to_backend }: PreflightJson): string {
  const { source, target } = requests;
  return `about ${formatCount(source.total)} of ${from_backend}, ${formatCount(target.total)} of ${to_backend}`;
}

function costRows({ cost, from_backend, to_backend }: PreflightJson): Row[] {
  if (cost === null) return [];
  const { source, target, total, price_per_1000 } = cost;
  const words = `about ${total}: ${source} of ${from_backend}, ${target} of ${to_backend}`;
  return [['Cost', `${words}, at ${price_per_1000} for 1,000 requests`]];
}

function targetWords({ at_target }: PreflightJson): string {
  const { bucket_exists, objects, exact, first_keys } = at_target;
  if (!bucket_exists) return 'no bucket yet: the job makes it';
  if (objects === 0) return 'an empty bucket';
  const first = first_keys.map((key) => JSON.stringify(key)).join(', ');
  return `${exact ? '' : 'more than '}${formatObjects(objects)} already: ${first}${objects > first_keys.length ? ', ...' : ''}`;
}

function settingRows({ bucket_settings }: PreflightJson): Row[] {
  if (bucket_settings.length === 0) return [];
  return [['Lost', `what the bucket is set to: ${bucket_settings.join(', ')}; set it at the target`]];
}

function lossRows({ losses, sampled }: PreflightJson): Row[] {
  const of = `${formatMany(sampled, 'object')} looked at`;
  if (losses.length === 0) return [['Lost', `nothing, by ${of}`]];
  return losses.map(({ what, reason, objects, example }): Row => {
    const such = `such as ${JSON.stringify(example)}`;
    return ['Lost', `${what} of ${formatCount(objects)} of ${of}, ${such}: ${reason}`];
  });
}
