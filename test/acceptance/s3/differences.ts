import { aclCases } from './cases/acls.js';
import { bucketCases } from './cases/buckets.js';
import { corsCases } from './cases/cors.js';
import { encryptionCases } from './cases/encryption.js';
import { objectLockCases } from './cases/object-lock.js';
import { versioningCases } from './cases/versioning.js';
import type { S3Case } from './s3-case.js';
import type { SetUpName } from './set-ups.js';

/** Cases that fail, where, and why. */
export interface Difference {
  readonly reason: string;
  readonly where: readonly SetUpName[];
  readonly cases: readonly string[];
}

const WITH_A_SHADOW: readonly SetUpName[] = ['empty-shadow', 'shadow-only'];
const BEHIND_PENUMBRA: readonly SetUpName[] = ['penumbra', ...WITH_A_SHADOW];
const FOLDERS: readonly SetUpName[] = ['filesystem', 'encrypted'];
/** What RGW does, and Penumbra passes on. */
const BY_RGW: readonly SetUpName[] = ['rgw', ...BEHIND_PENUMBRA];
/** What RGW does, and Penumbra hides where it merges or judges itself. */
const WITHOUT_A_SHADOW: readonly SetUpName[] = ['rgw', 'penumbra'];
/** What Penumbra checks before RGW sees it. */
const IN_RGW: readonly SetUpName[] = ['rgw'];

const ALGORITHMS = ['crc32', 'crc32c', 'crc64nvme', 'sha1', 'sha256'];

const OF_PENUMBRA: readonly Difference[] = [
  {
    reason: 'Who may read without a key is said by `--public`, not by ACLs',
    where: BEHIND_PENUMBRA,
    cases: ['PutObject_acl_public_read_lets_anyone_read'],
  },
  {
    reason:
      'Onto a target that ignores `If-None-Match` on CompleteMultipartUpload an upload is copied by one PUT (docs/consistency.md, Limits)',
    where: ['shadow-only'],
    cases: ['CompleteMultipartUpload_etag_after_its_tags_were_read'],
  },
  {
    reason: 'A body that comes in chunks and without a length is taken',
    where: [...BEHIND_PENUMBRA, ...FOLDERS],
    cases: ['PutObject_without_length'],
  },
];

const OF_RGW: readonly Difference[] = [
  { reason: 'No limit for user metadata', where: BY_RGW, cases: ['PutObject_metadata_too_large'] },
  {
    reason: '`If-Match` with a quoted ETag is always refused on PUT; with a shadow Penumbra judges it',
    where: WITHOUT_A_SHADOW,
    cases: ['PutObject_if_match', 'PutObject_if_match_of_a_missing_key'],
  },
  {
    reason: '`If-None-Match` of a copy is ignored; with a shadow Penumbra judges it',
    where: WITHOUT_A_SHADOW,
    cases: ['CopyObject_if_none_match'],
  },
  {
    reason: 'Conditions on the source of a copy are ignored',
    where: BY_RGW,
    cases: [
      'CopyObject_source_if_match_of_another_object',
      'CopyObject_source_if_none_match',
      'CopyObject_source_if_modified_since_in_the_future',
      'CopyObject_source_if_unmodified_since_the_past',
      'UploadPartCopy_source_if_match_of_another_object',
    ],
  },
  {
    reason: 'Tags are copied, whatever the directive',
    where: BY_RGW,
    cases: ['CopyObject_tagging_directive_replace'],
  },
  {
    reason: 'The website redirect is copied',
    where: BY_RGW,
    cases: ['CopyObject_website_redirect_is_not_copied'],
  },
  {
    reason: 'The ETag of a copy is answered without quotes',
    where: BY_RGW,
    cases: ['CopyObject_answers_the_etag_in_quotes'],
  },
  {
    reason: 'A Range that is none is read as one, or refused',
    where: BY_RGW,
    cases: [
      'GetObject_range_of_no_last_bytes',
      'GetObject_range_in_another_unit',
      'GetObject_range_that_ends_before_it_begins',
      'GetObject_range_that_is_none',
    ],
  },
  { reason: '304 has no ETag', where: BY_RGW, cases: ['GetObject_if_none_match_answers_the_etag'] },
  {
    reason: '`partNumber` is ignored on reads',
    where: BY_RGW,
    cases: ['GetObject_part_number_of_an_object_in_one_piece', 'HeadObject_part_number_of_an_upload'],
  },
  {
    reason: 'Checksums are not kept',
    where: BY_RGW,
    cases: ALGORITHMS.map((algorithm) => `PutObject_checksum_${algorithm}_is_kept`),
  },
  {
    reason: 'Checksums are not checked; Penumbra checks them',
    where: IN_RGW,
    cases: [
      ...ALGORITHMS.flatMap((algorithm) => [
        `PutObject_checksum_${algorithm}_of_other_bytes`,
        `UploadPart_checksum_${algorithm}_of_other_bytes`,
      ]),
      'PutObject_two_checksums',
      'PutObject_checksum_that_is_none',
      'DeleteObjects_content_md5_of_another_document',
    ],
  },
  { reason: 'No GetObjectAttributes', where: BY_RGW, cases: ['GetObjectAttributes_success'] },
  {
    reason: 'No trailing checksums, and `aws-chunked` is stored; Penumbra decodes the body',
    where: IN_RGW,
    cases: [
      'ChunkedBody_signed_of_no_bytes',
      'ChunkedBody_signed_with_a_trailer',
      'ChunkedBody_unsigned_with_a_trailer',
      'ChunkedBody_unsigned_of_no_bytes',
      'ChunkedBody_encoding_is_not_stored',
      'ChunkedBody_of_an_encoded_object',
      'ChunkedBody_with_other_bytes_than_signed',
      'ChunkedBody_with_another_signature',
      'ChunkedBody_with_another_checksum',
      'ChunkedBody_without_its_last_chunk',
    ],
  },
  {
    reason: 'Signatures are checked less closely, and refused with other codes; Penumbra checks them',
    where: IN_RGW,
    cases: [
      'PresignedUrl_not_valid_yet',
      'PresignedUrl_of_more_than_a_week',
      'Signature_without_a_credential',
      'Signature_without_signed_headers',
      'Signature_without_a_signature',
      'Signature_with_a_short_credential',
      'Signature_with_another_service',
      'Signature_with_another_date',
      'Signature_with_an_unsigned_x_amz_header',
      'Signature_in_header_and_query',
      'Signature_session_token_that_is_none',
    ],
  },
  {
    reason: 'Errors have no sentence and name neither key nor resource',
    where: BY_RGW,
    cases: ['Error_document_message', 'Error_document_resource'],
  },
  { reason: 'The `Cache-Control` of a form is forgotten', where: IN_RGW, cases: ['PostObject_metadata'] },
  { reason: 'A form without a file makes an object', where: IN_RGW, cases: ['PostObject_missing_file'] },
  {
    reason: 'Another code to a form: `AccessDenied` or `InvalidArgument`',
    where: IN_RGW,
    cases: [
      'PostObject_unknown_access_key',
      'PostObject_bad_signature',
      'PostObject_policy_that_is_no_json',
      'PostObject_policy_without_expiration',
      'PostObject_policy_without_conditions',
      'PostObject_that_is_no_form',
      'PostObject_that_ends_early',
    ],
  },
  {
    reason: 'Another code: `InvalidArgument`',
    where: BY_RGW,
    cases: [
      'PutObject_storage_class_that_is_none',
      'PutBucketPolicy_malformed_JSON',
      'PutBucketVersioning_malformed_XML',
    ],
  },
  {
    reason: 'Another code; Penumbra looks first',
    where: IN_RGW,
    cases: ['ObjectKey_of_1025_bytes', 'CreateBucket_malformed_XML'],
  },
  {
    reason: 'A bad document is refused without an error, or taken; with a shadow Penumbra reads it',
    where: WITHOUT_A_SHADOW,
    cases: [
      'DeleteObjects_1001_keys',
      'DeleteObjects_malformed_XML',
      'DeleteObjects_another_document',
      'DeleteObjects_no_objects',
    ],
  },
  {
    reason: 'Bad parameters of a listing are ignored; with a shadow Penumbra checks them',
    where: WITHOUT_A_SHADOW,
    cases: [
      'ListObjectVersions_version_marker_without_a_key_marker',
      'ListObjectsV2_encoding_type_that_is_none',
      'ListObjectsV2_max_keys_negative',
    ],
  },
  {
    reason: 'A token that nobody gave out is taken; Penumbra knows its own',
    where: IN_RGW,
    cases: ['ListObjectsV2_continuation_token_that_is_none'],
  },
  {
    reason: 'NextMarker comes without a delimiter, too',
    where: WITHOUT_A_SHADOW,
    cases: ['ListObjects_no_next_marker_without_a_delimiter'],
  },
  { reason: 'No common prefixes of uploads', where: BY_RGW, cases: ['ListMultipartUploads_delimiter'] },
  {
    reason: 'An unknown upload is `NoSuchKey`, or 500 to Complete',
    where: BY_RGW,
    cases: [
      'ListParts_unknown_upload',
      'ListParts_of_a_completed_upload',
      'CompleteMultipartUpload_unknown_upload',
      'CompleteMultipartUpload_of_another_key',
      'AbortMultipartUpload_then_complete',
    ],
  },
  {
    reason: 'CompleteMultipartUpload answers no ETag',
    where: BY_RGW,
    cases: ['CompleteMultipartUpload_answers_the_etag'],
  },
  {
    reason: 'CompleteMultipartUpload answers another location; Penumbra puts its own',
    where: IN_RGW,
    cases: ['CompleteMultipartUpload_answers_the_location'],
  },
  {
    reason: 'CompleteMultipartUpload wants all parts, in any order',
    where: BY_RGW,
    cases: ['CompleteMultipartUpload_some_of_the_parts', 'CompleteMultipartUpload_parts_out_of_order'],
  },
  { reason: 'Tags of an upload are lost', where: BY_RGW, cases: ['CreateMultipartUpload_tags'] },
  {
    reason: 'Any number is taken for a part',
    where: BY_RGW,
    cases: ['UploadPart_number_0', 'UploadPart_number_10001'],
  },
  {
    reason: 'A bad range of a part is `InvalidRange`',
    where: BY_RGW,
    cases: ['UploadPartCopy_range_after_the_end', 'UploadPartCopy_range_without_an_end'],
  },
  {
    reason: 'Versions that are missing, and delete markers, are told of as missing keys',
    where: BY_RGW,
    cases: [
      'GetObject_missing_version',
      'GetObject_of_a_marker_is_refused',
      'GetObject_tells_of_a_delete_marker',
    ],
  },
  {
    reason: 'The version of a source is not answered',
    where: BY_RGW,
    cases: ['CopyObject_answers_the_version_of_its_source'],
  },
  {
    reason: 'Deleting a setting answers 200 in place of 204',
    where: BY_RGW,
    cases: ['DeleteBucketTagging_success', 'DeleteBucketPolicy_success'],
  },
  {
    reason: 'A public access block that was never set is answered',
    where: BY_RGW,
    cases: ['GetPublicAccessBlock_none'],
  },
  {
    reason: 'This RGW serves no websites',
    where: BY_RGW,
    cases: namesOf(bucketCases).filter((name) => name.includes('Website')),
  },
];

const PLAIN_BUCKETS =
  'A folder has no versions, ACLs, customer keys, object lock or settings of buckets: `NotImplemented`';

/** They hold where there is nothing to be had, too. */
const IN_ANY_STORE = new Set([
  'GetBucketVersioning_never_enabled',
  'GetBucketAcl_success',
  'GetObjectAcl_success',
  'GetObjectAcl_missing_key',
  'PutObject_acl_private_lets_nobody_read',
]);

const SETTING = /^(?:Get|Put|Delete)(?:Bucket(?!Location)|PublicAccessBlock|ObjectLockConfiguration)\w*_/;

const OF_A_FOLDER: readonly Difference[] = [
  {
    reason: PLAIN_BUCKETS,
    where: FOLDERS,
    cases: [
      ...namesOf([...versioningCases, ...aclCases, ...encryptionCases, ...objectLockCases, ...corsCases]),
      ...namesOf(bucketCases).filter((name) => SETTING.test(name)),
    ].filter((name) => !IN_ANY_STORE.has(name) && !name.startsWith('DeleteBucket_')),
  },
];

const OF_ENCRYPTION: readonly Difference[] = [
  {
    reason: 'The ETag is that of what is stored, which is encrypted',
    where: ['encrypted'],
    cases: [
      'ChunkedBody_signed',
      'CompleteMultipartUpload_answers_the_etag',
      'CompleteMultipartUpload_etag_before_it_began',
      'CompleteMultipartUpload_is_listed_as_one_object',
      'CompleteMultipartUpload_over_an_object',
      'CompleteMultipartUpload_success',
      'CopyObject_answers_the_etag_in_quotes',
      'CopyObject_success',
      'GetObject_range_beyond_the_end',
      'GetObject_range_in_another_unit',
      'GetObject_range_of_all_bytes',
      'GetObject_range_of_more_last_bytes_than_there_are',
      'GetObject_range_of_one_byte',
      'GetObject_range_of_the_first_bytes',
      'GetObject_range_of_the_last_bytes',
      'GetObject_range_that_ends_before_it_begins',
      'GetObject_range_that_is_none',
      'GetObject_range_without_an_end',
      'HeadObject_of_an_empty_object',
      'ListObjectVersions_without_versioning',
      'ListObjectsV2_success',
      'ListObjects_success',
      'ListParts_success',
      'PostObject_of_no_bytes',
      'PostObject_success',
      'PostObject_success_action_redirect',
      'PresignedUrl_GetObject',
      'PutObject_6_mebibytes',
      'PutObject_empty',
      'PutObject_success',
      'UploadPartCopy_success',
      'UploadPart_success',
    ],
  },
  {
    reason: 'Parts have to be even: docs/operations.md, Encryption at rest',
    where: ['encrypted'],
    cases: ['CompleteMultipartUpload_part_numbers_with_gaps', 'CompleteMultipartUpload_small_part'],
  },
  {
    reason: 'How an object is encrypted stands in its user metadata',
    where: ['encrypted'],
    cases: ['PutObject_metadata_of_2_kibibytes'],
  },
];

export const DIFFERENCES: readonly Difference[] = [
  ...OF_PENUMBRA,
  ...OF_RGW,
  ...OF_A_FOLDER,
  ...OF_ENCRYPTION,
];

/** The reason of each case that fails in a set-up. */
export function differencesIn(setUp: SetUpName): ReadonlyMap<string, string> {
  return new Map(
    DIFFERENCES.filter(({ where }) => where.includes(setUp)).flatMap(({ cases, reason }) =>
      cases.map((name) => [name, reason] as const),
    ),
  );
}

function namesOf(cases: readonly S3Case[]): string[] {
  return cases.map(({ name }) => name);
}
