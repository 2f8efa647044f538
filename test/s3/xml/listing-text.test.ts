import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareKeys } from '../../../src/s3/keys.js';
import { parseListingQuery, readListing, writeListing } from '../../../src/s3/xml/listing.js';
import { withTokens } from '../../../src/s3/xml/listing-text.js';
import { anyKey } from './arbitrary.js';

const sorted = fc.uniqueArray(anyKey, { maxLength: 5 }).map((names) => names.sort(compareKeys));

describe('the tokens of a store in its listing', () => {
  it('are changed, and told the last name of the page, whichever characters they have', () => {
    fc.assert(
      fc.property(
        fc.record({ keys: sorted, prefixes: sorted, token: anyKey, asked: fc.option(anyKey) }),
        fc.constantFrom([], [['encoding-type', 'url'] as const]),
        ({ keys, prefixes, token, asked }, encoding) => {
          const query = parseListingQuery({
            query: [
              ['list-type', '2'],
              ...encoding,
              ...(asked ? [['continuation-token', 'of the store'] as const] : []),
            ],
          });
          const page = {
            objects: keys.map((key) => ({ key, lastModified: '', etag: '"e"', size: 1 })),
            commonPrefixes: prefixes,
            isTruncated: true,
            nextContinuationToken: token,
          };
          const told: unknown[] = [];
          const changed = withTokens(writeListing('b', query, page), {
            asked: asked ?? undefined,
            next: (...given) => {
              told.push(given);
              return 'next & last';
            },
          });
          expect(told).toEqual([[token, [...keys, ...prefixes].sort(compareKeys).at(-1)]]);
          const expected = { ...page, nextContinuationToken: 'next & last' };
          const wanted = asked ? { ...query, continuationToken: asked } : query;
          expect(changed).toBe(writeListing('b', wanted, expected));
        },
      ),
    );
  });

  it('are not made up for the last page', () => {
    const xml = writeListing('b', parseListingQuery({ query: [['list-type', '2']] }), {
      objects: [],
      commonPrefixes: [],
      isTruncated: false,
    });
    expect(withTokens(xml, { asked: undefined, next: () => 'more' })).toBe(xml);
    expect(readListing(xml).nextContinuationToken).toBeUndefined();
  });
});
