import type { ExplanationJson } from '../gateway/admin/comparison-schemas.js';
import { formatCount, formatMany, formatTable } from './format.js';

const PLACES = {
  target: 'the target alone',
  shadow: 'the shadow alone',
  both: 'both stores',
  neither: 'neither store',
  unknown: 'a store does not tell',
} as const;

/** What `storage explain` tells a reader. */
export function explanationText(told: ExplanationJson): string[] {
  const { target, shadow, tombstone, writes, copies, provenance, compared } = told;
  return formatTable([
    ['Key', `${JSON.stringify(told.key)} of ${told.bucket}`],
    ['Lives in', PLACES[told.where]],
    ['Target', sideWords(target)],
    ['Shadow', shadow === null ? 'has no part in it' : sideWords(shadow)],
    ...(compared === null ? [] : [['Compared', withReason(compared.result, compared.reason)]]),
    ...(provenance === null ? [] : [['Copied', copiedWords(provenance)]]),
    ...(tombstone === null ? [] : [['Deleted', deletedWords(tombstone)]]),
    ...writes.map(({ mode, until }) => ['Writing', `a ${mode} intent is held until ${until} at most`]),
    ...copies.map((copy) => ['Copying', copyingWords(copy)]),
    ['GET', getWords(told.get)],
  ]);
}

const withReason = (words: string, reason: string | null): string =>
  reason === null ? words : `${words}: ${reason}`;

function sideWords({ state, etag, size, last_modified, reason }: ExplanationJson['target']): string {
  if (state === 'absent') return 'does not have it';
  if (state === 'delete-marker') return 'has a delete marker';
  if (state === 'unknown') return reason ?? 'does not tell';
  const written = last_modified === null ? '' : `, written ${last_modified}`;
  return `${formatCount(size ?? 0)} bytes, ETag ${etag ?? 'none'}${written}`;
}

const COPIERS = { read: "a client's read", sweep: 'the sweep' } as const;

function copiedWords(provenance: NonNullable<ExplanationJson['provenance']>): string {
  const { copied_by, gateway, copied_at, source_etag, source_last_modified } = provenance;
  const when = copied_at === null ? '' : ` at ${copied_at}`;
  const written = source_last_modified === null ? '' : ` written ${source_last_modified}`;
  return `by ${COPIERS[copied_by]} on ${gateway}${when}, from ETag ${source_etag ?? 'none'}${written}`;
}

const OWED = {
  pending: 'the shadow is owed the delete',
  done: 'the shadow has deleted it, too',
  kept: 'the shadow is left alone on purpose',
  hidden: "what the shadow has is hidden by the target's",
} as const;

function deletedWords(tombstone: NonNullable<ExplanationJson['tombstone']>): string {
  const { since, shadow_delete, attempts, next_attempt, last_error } = tombstone;
  const tries = attempts === 0 ? '' : `, ${formatMany(attempts, 'attempt')} failed`;
  const next = next_attempt === null ? '' : `, next ${next_attempt}`;
  return `by clients at ${since}; ${withReason(`${OWED[shadow_delete]}${tries}${next}`, last_error)}`;
}

function copyingWords({ state, until, in_parts }: ExplanationJson['copies'][number]): string {
  const how = in_parts ? ' in parts' : '';
  const words = {
    valid: 'is under way',
    void: 'came too late and is given up',
    committing: 'is being committed',
  };
  return `a copy${how} ${words[state]}, until ${until} at most`;
}

function getWords({ answer, copies, why }: ExplanationJson['get']): string {
  const words = {
    target: 'answered by the target',
    shadow: copies
      ? 'answered by the shadow, and copied to the target in the same pass'
      : 'answered by the shadow',
    'not-found': '404 NoSuchKey',
    unavailable: '503 ServiceUnavailable',
    'slow-down': '503 SlowDown',
  };
  return `${words[answer]}: ${why}`;
}
