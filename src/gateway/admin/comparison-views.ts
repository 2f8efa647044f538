import type { Logger } from 'pino';
import { fieldsOf } from '../../s3/fields.js';
import type { HeaderFields } from '../../s3/message.js';
import { isProvenance } from '../../shadow/copying/provenance.js';
import type { KeyRecord } from '../../state/key-record.js';
import type { Explanation } from '../../sweep/compare/explain.js';
import { noResults } from '../../sweep/compare/report.js';
import type { Seen } from '../../sweep/compare/sight.js';
import type { Level, Verified } from '../../sweep/compare/verified.js';
import { errorOf } from '../../system/thrown.js';
import type { ExplanationJson, ReportSummaryJson, VerifiedKeyJson } from './comparison-schemas.js';
import { asAdminError } from './errors.js';

interface Reporting {
  readonly level: Level;
  readonly share: number;
  /** Aborts when nobody reads any more. */
  readonly signal: AbortSignal;
  readonly log: Logger;
}

/** The lines of a report: a key each, then the summary, or the error that it broke off with. */
export async function* reportLines(
  report: AsyncGenerator<Verified>,
  { level, share, signal, log }: Reporting,
): AsyncGenerator<string> {
  const results = noResults();
  let [keys, bytes] = [0, 0];
  try {
    for await (const verified of report) {
      results[verified.result] += 1;
      keys += 1;
      bytes += verified.size;
      yield JSON.stringify(verifiedJson(verified));
    }
  } catch (error) {
    if (signal.aborted) return;
    const { code, message } = asAdminError(errorOf(error), log);
    yield JSON.stringify({ error: { code, message } });
    return;
  }
  const summary: ReportSummaryJson = { summary: { level, sample: share, keys, bytes, results } };
  yield JSON.stringify(summary);
}

const verifiedJson = (verified: Verified): VerifiedKeyJson => ({
  key: verified.key,
  size: verified.size,
  source_etag: verified.sourceETag ?? null,
  target_etag: verified.targetETag ?? null,
  hash_algorithm: verified.hash?.algorithm ?? null,
  hash: verified.hash?.value ?? null,
  level: verified.level,
  result: verified.result,
  reason: verified.reason ?? null,
});

/** @param now Unix ms: leases that are over are not told */
export function explanationJson(bucket: string, told: Explanation, now: number): ExplanationJson {
  const { key, target, shadow, record, provenance, compared, get } = told;
  const live = <T extends { readonly until: number }>(held: readonly T[] = []) =>
    held.filter(({ until }) => until > now);
  return {
    bucket,
    key,
    where: whereOf(target, shadow),
    target: sideJson(target),
    shadow: shadow === undefined ? null : sideJson(shadow),
    tombstone: tombstoneJson(record?.tombstone),
    writes: live(record?.intents).map(({ mode, until }) => ({ mode, until: iso(until) })),
    copies: live(record?.copies).map(({ state, until, uploadId }) => ({
      state,
      until: iso(until),
      in_parts: uploadId !== undefined,
    })),
    provenance: provenance
      ? {
          copied_by: provenance.copier.as,
          gateway: provenance.copier.gateway,
          copied_at: sideJson(target).last_modified,
          source_etag: provenance.etag === '' ? null : provenance.etag,
          source_last_modified: provenance.lastModified === undefined ? null : iso(provenance.lastModified),
        }
      : null,
    compared: compared ? { result: compared.result, reason: compared.reason ?? null } : null,
    get,
  };
}

function whereOf(target: Seen, shadow: Seen | undefined): ExplanationJson['where'] {
  if (target.state === 'unknown' || shadow?.state === 'unknown') return 'unknown';
  if (target.state === 'present') return shadow?.state === 'present' ? 'both' : 'target';
  return shadow?.state === 'present' ? 'shadow' : 'neither';
}

function sideJson(seen: Seen): ExplanationJson['target'] {
  const nothing = { etag: null, size: null, last_modified: null, metadata: {}, reason: null };
  if (seen.state === 'unknown') return { ...nothing, state: 'unknown', reason: seen.reason };
  if (seen.state === 'absent') return { ...nothing, state: seen.isMarked ? 'delete-marker' : 'absent' };
  const written = Date.parse(seen.headers?.['last-modified'] ?? '');
  const lastModified = Number.isNaN(written) ? null : iso(written);
  const { etag, size, headers = {} } = seen;
  return {
    ...nothing,
    state: 'present',
    etag,
    size,
    last_modified: lastModified,
    metadata: metadataOf(headers),
  };
}

/** What a client set, or the store has set by itself: not what belongs to the answer. */
const metadataOf = (headers: HeaderFields): Record<string, string> =>
  fieldsOf(headers, (name) => METADATA.test(name) && !OF_ANSWER.test(name) && !isProvenance(name));

const METADATA = /^(?:content-|cache-control$|expires$|x-amz-)/;
const OF_ANSWER = /^(?:content-length|x-amz-(?:request-id|id-2|bucket-region))$/;

function tombstoneJson(tombstone: KeyRecord['tombstone']): ExplanationJson['tombstone'] {
  if (!tombstone) return null;
  const { since, shadowDelete, attempts, nextAttempt, lastError } = tombstone;
  return {
    since: iso(since),
    shadow_delete: shadowDelete,
    attempts,
    next_attempt: shadowDelete === 'pending' ? iso(nextAttempt) : null,
    last_error: lastError ?? null,
  };
}

const iso = (ms: number): string => new Date(ms).toISOString();
