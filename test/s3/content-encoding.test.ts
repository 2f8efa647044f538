import { expect, it } from 'vitest';
import { storedEncoding } from '../../src/s3/content-encoding.js';

it.each([
  ['aws-chunked', undefined],
  ['aws-chunked,gzip', 'gzip'],
  ['gzip, aws-chunked, br', 'gzip, br'],
  ['gzip,br', 'gzip,br'],
  ['', ''],
  [undefined, undefined],
])('of %j what is stored is %j', (sent, stored) => {
  expect(storedEncoding(sent)).toBe(stored);
});
