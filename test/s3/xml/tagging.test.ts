import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatTaggingHeader,
  parseTaggingHeader,
  readTagging,
  type Tag,
  writeTagging,
} from '../../../src/s3/xml/tagging.js';
import { anyKey, anyText } from './arbitrary.js';

const anyTags: fc.Arbitrary<Tag[]> = fc.uniqueArray(fc.tuple(anyKey, anyText), {
  maxLength: 10,
  selector: ([key]) => key,
});

function failure(code: string, message = expect.any(String) as string) {
  return expect.objectContaining({ code, message });
}

describe('tags', () => {
  it('are read as they were written, as XML and as a header', () => {
    fc.assert(
      fc.property(anyTags, (tags) => {
        expect(readTagging(writeTagging(tags))).toEqual(tags);
        expect(parseTaggingHeader(formatTaggingHeader(tags))).toEqual(tags);
      }),
    );
  });

  it('may be as many and as long as S3 allows, in characters and not in UTF-16 units', () => {
    const tags = Array.from(
      { length: 10 },
      (_, index): Tag => [`${index}${'\u{1f600}'.repeat(127)}`, '\u{1f600}'.repeat(256)],
    );
    expect(readTagging(writeTagging(tags))).toEqual(tags);
  });

  it.each<[string, Tag[], string, string]>([
    [
      'eleven',
      Array.from({ length: 11 }, (_, index): Tag => [`k${index}`, '']),
      'BadRequest',
      'Object tags cannot be greater than 10',
    ],
    ['an empty key', [['', 'v']], 'InvalidTag', 'The TagKey you have provided is invalid'],
    [
      'a key of 129 characters',
      [['k'.repeat(129), 'v']],
      'InvalidTag',
      'The TagKey you have provided is invalid',
    ],
    [
      'a value of 257 characters',
      [['k', 'v'.repeat(257)]],
      'InvalidTag',
      'The TagValue you have provided is invalid',
    ],
    [
      'a key twice',
      [
        ['k', '1'],
        ['k', '2'],
      ],
      'InvalidTag',
      'Cannot provide multiple Tags with the same key',
    ],
  ])('are refused: %s', (_, tags, code, message) => {
    expect(() => readTagging(writeTagging(tags))).toThrowError(failure(code, message));
    expect(() => parseTaggingHeader(formatTaggingHeader(tags))).toThrowError(failure(code, message));
  });

  it('are refused in a header that is not URL-encoded', () => {
    expect(() => parseTaggingHeader('a=%zz')).toThrowError(failure('InvalidArgument'));
  });

  it.each(['<Tagging/>', '<Tagging><TagSet><Tag><Key>k</Key></Tag></TagSet></Tagging>', '<TagSet/>'])(
    'are refused as %s',
    (xml) => {
      expect(() => readTagging(xml)).toThrowError(failure('MalformedXML'));
    },
  );

  it('may be none', () => {
    expect(readTagging('<Tagging><TagSet/></Tagging>')).toEqual([]);
    expect(parseTaggingHeader('')).toEqual([]);
  });
});
