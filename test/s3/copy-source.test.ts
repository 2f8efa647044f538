import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatCopySource, parseCopySource } from '../../src/s3/copy-source.js';

test('what is written is read again, for any key and version', () => {
  const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(text, fc.option(text, { nil: undefined }), (key, versionId) => {
      const source =
        versionId === undefined ? { bucket: 'photos', key } : { bucket: 'photos', key, versionId };
      expect(parseCopySource(formatCopySource(source))).toEqual(source);
    }),
  );
});

test.each([
  ['photos/a/b.jpg', { bucket: 'photos', key: 'a/b.jpg' }],
  ['/photos/a%2Fb', { bucket: 'photos', key: 'a/b' }],
  ['photos%2Fa', { bucket: 'photos', key: 'a' }],
  ['/photos//a', { bucket: 'photos', key: '/a' }],
  ['photos/a+b?versionId=v%201', { bucket: 'photos', key: 'a+b', versionId: 'v 1' }],
  ['photos/what?.txt', { bucket: 'photos', key: 'what?.txt' }],
])('%s names bucket and key', (value, source) => {
  expect(parseCopySource(value)).toEqual(source);
});

test.each([
  'photos',
  'photos/',
  '/',
  '',
  'photos/%',
  'photos/%ff',
  '../etc/passwd',
  'arn:aws:s3:eu:1:accesspoint/x/object/y',
])('"%s" is refused', (value) => {
  expect(() => parseCopySource(value)).toThrow('Copy Source must mention the source bucket and key');
});
