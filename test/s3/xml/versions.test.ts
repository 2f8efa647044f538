import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseQuery } from '../../../src/s3/address.js';
import {
  type ListedDeleteMarker,
  type ListedVersion,
  parseVersionsQuery,
  readVersions,
  type VersionsPage,
  writeVersions,
} from '../../../src/s3/xml/versions.js';
import { anyETag, anyKey, anyOwner, anyTime } from './arbitrary.js';

const version = {
  key: anyKey,
  versionId: anyKey,
  isLatest: fc.boolean(),
  lastModified: anyTime,
  owner: anyOwner,
};

const anyMarker: fc.Arbitrary<ListedDeleteMarker> = fc.record({
  ...version,
  deleteMarker: fc.constant(true as const),
});

const anyVersion: fc.Arbitrary<ListedVersion> = fc.record({
  ...version,
  deleteMarker: fc.constant(false as const),
  etag: anyETag,
  size: fc.maxSafeNat(),
  storageClass: fc.constant('STANDARD'),
  checksumAlgorithm: fc.constant(['CRC32', 'SHA256']),
  checksumType: fc.constant('FULL_OBJECT'),
});

const anyPage: fc.Arbitrary<VersionsPage> = fc.record(
  {
    versions: fc.array(fc.oneof(anyMarker, anyVersion), { maxLength: 5 }),
    commonPrefixes: fc.array(anyKey, { maxLength: 3 }),
    isTruncated: fc.boolean(),
    nextKeyMarker: anyKey,
    nextVersionIdMarker: anyKey,
  },
  { requiredKeys: ['versions', 'commonPrefixes', 'isTruncated'] },
);

function query(text: string) {
  return parseVersionsQuery({ query: parseQuery(text) });
}

describe('the list of versions', () => {
  it.each(['', '&encoding-type=url'])(
    'is read as it was written, markers among versions, asked with %j',
    (encoding) => {
      fc.assert(
        fc.property(anyPage, (page) => {
          expect(
            readVersions(writeVersions('bucket', query(`prefix=p&delimiter=/${encoding}`), page)),
          ).toEqual(page);
        }),
      );
    },
  );

  it('begins after a version of a key, and refuses a version of no key', () => {
    expect(query('key-marker=k&version-id-marker=v&max-keys=5')).toEqual({
      prefix: '',
      delimiter: '',
      keyMarker: 'k',
      versionIdMarker: 'v',
      maxKeys: 5,
    });
    expect(() => query('version-id-marker=v')).toThrowError(
      expect.objectContaining({ code: 'InvalidArgument' }),
    );
  });
});
