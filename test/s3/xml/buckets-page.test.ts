import { expect, it } from 'vitest';
import { parseQuery } from '../../../src/s3/address.js';
import { writeBuckets } from '../../../src/s3/xml/buckets.js';
import { bucketsPage } from '../../../src/s3/xml/buckets-page.js';

const ALL = ['a-1', 'a-2', 'b-1', 'b-2', 'b-3'].map((name) => ({
  name,
  createdAt: '2026-01-02T03:04:05.000Z',
}));

function page(query: string) {
  const { buckets, ...rest } = bucketsPage(ALL, { query: parseQuery(query) });
  return { names: buckets.map(({ name }) => name), ...rest };
}

it('has all buckets unless it is asked for fewer', () => {
  expect(page('')).toEqual({ names: ['a-1', 'a-2', 'b-1', 'b-2', 'b-3'] });
});

it('leads on from the last bucket of the page before', () => {
  const first = page('prefix=b&max-buckets=2');
  expect(first.names).toEqual(['b-1', 'b-2']);
  expect(page(`prefix=b&max-buckets=2&continuation-token=${first.continuationToken}`)).toEqual({
    names: ['b-3'],
    prefix: 'b',
  });
});

it('names its prefix and what leads on', () => {
  const { buckets, ...rest } = bucketsPage(ALL, { query: parseQuery('prefix=a&max-buckets=1') });
  expect(writeBuckets(buckets, { id: 'o', displayName: 'n' }, rest)).toContain(
    '</Buckets><ContinuationToken>YS0x</ContinuationToken><Prefix>a</Prefix></ListAllMyBucketsResult>',
  );
});

it.each([
  'max-buckets=0',
  'max-buckets=10001',
  'max-buckets=x',
  'max-buckets=-1',
  'continuation-token=',
  'continuation-token=YQ',
])('refuses %s', (query) => {
  expect(() => page(query)).toThrowError(expect.objectContaining({ code: 'InvalidArgument' }));
});
