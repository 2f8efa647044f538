import type { SetUpName } from './set-ups.js';

/** Cases that fail, where, and why. */
export interface Difference {
  readonly reason: string;
  readonly where: readonly SetUpName[];
  readonly cases: readonly string[];
}

const BY_RGW: readonly SetUpName[] = ['rgw', 'penumbra', 'empty-shadow', 'shadow-only'];

/** What Ceph RGW 16.2 does otherwise, and so what stands on it. */
const OF_RGW: readonly Difference[] = [
  {
    reason: 'RGW 16.2 has no limit for user metadata',
    where: BY_RGW,
    cases: ['PutObject_metadata_too_large'],
  },
  {
    reason: 'RGW 16.2 refuses every `If-Match` with a quoted ETag on PUT. With a shadow, Penumbra judges it',
    where: ['rgw', 'penumbra'],
    cases: ['PutObject_if_match', 'PutObject_if_match_of_a_missing_key'],
  },
  {
    reason: 'RGW 16.2 answers another code: `InvalidArgument`',
    where: BY_RGW,
    cases: ['PutObject_storage_class_that_is_none'],
  },
  {
    reason: 'RGW 16.2 answers another code: `InvalidObjectName`',
    where: ['rgw'],
    cases: ['ObjectKey_of_1025_bytes'],
  },
  {
    reason: 'RGW 16.2 reads a Range that is none as one',
    where: BY_RGW,
    cases: [
      'GetObject_range_of_no_last_bytes',
      'GetObject_range_in_another_unit',
      'GetObject_range_that_ends_before_it_begins',
      'GetObject_range_that_is_none',
    ],
  },
  {
    reason: 'RGW 16.2 answers 304 without an ETag',
    where: BY_RGW,
    cases: ['GetObject_if_none_match_answers_the_etag'],
  },
  {
    reason: 'RGW 16.2 does not know `partNumber` on reads',
    where: BY_RGW,
    cases: ['GetObject_part_number_of_an_object_in_one_piece', 'HeadObject_part_number_of_an_upload'],
  },
  {
    reason: 'RGW 16.2 forgets the `Cache-Control` of a form',
    where: ['rgw'],
    cases: ['PostObject_metadata'],
  },
  {
    reason: 'RGW 16.2 makes an object of a form without a file',
    where: ['rgw'],
    cases: ['PostObject_missing_file'],
  },
  {
    reason: 'RGW 16.2 answers another code to a form: `AccessDenied`',
    where: ['rgw'],
    cases: ['PostObject_unknown_access_key', 'PostObject_bad_signature'],
  },
  {
    reason: 'RGW 16.2 answers another code to a form: `InvalidArgument`',
    where: ['rgw'],
    cases: [
      'PostObject_policy_that_is_no_json',
      'PostObject_policy_without_expiration',
      'PostObject_policy_without_conditions',
      'PostObject_that_is_no_form',
      'PostObject_that_ends_early',
    ],
  },
];

const OF_PENUMBRA: readonly Difference[] = [
  {
    reason: 'Penumbra takes a body in chunks without a length, and gives it one',
    where: ['penumbra', 'empty-shadow', 'shadow-only', 'filesystem'],
    cases: ['PutObject_without_length'],
  },
];

export const DIFFERENCES: readonly Difference[] = [...OF_PENUMBRA, ...OF_RGW];

/** The reason of each case that fails in a set-up. */
export function differencesIn(setUp: SetUpName): ReadonlyMap<string, string> {
  return new Map(
    DIFFERENCES.filter(({ where }) => where.includes(setUp)).flatMap(({ cases, reason }) =>
      cases.map((name) => [name, reason] as const),
    ),
  );
}
