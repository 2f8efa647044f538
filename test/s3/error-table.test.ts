import { describe, expect, it } from 'vitest';
import { ERROR_TABLE } from '../../src/s3/error-table.js';
import { S3Error } from '../../src/s3/errors.js';

describe('the error table', () => {
  it('has a status and a sentence for each code', () => {
    for (const [code, { status, message }] of Object.entries(ERROR_TABLE)) {
      expect([code, status >= 301 && status <= 503, message.length > 0]).toEqual([code, true, true]);
    }
  });

  it('is in alphabetical order, so that a code is found and not written twice', () => {
    const codes = Object.keys(ERROR_TABLE);
    expect(codes).toEqual(codes.toSorted((a, b) => a.localeCompare(b, 'en')));
  });
});

describe('an S3Error', () => {
  it('has the status and the sentence of its code', () => {
    const error = new S3Error('NoSuchKey');
    expect(error).toMatchObject({
      status: 404,
      message: 'The specified key does not exist.',
      fields: {},
      headers: {},
    });
  });
});
