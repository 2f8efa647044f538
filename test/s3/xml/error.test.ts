import { describe, expect, it } from 'vitest';
import { S3Error } from '../../../src/s3/errors.js';
import { errorResponse, readError } from '../../../src/s3/xml/error.js';

const context = { requestId: 'ID1', resource: '/bucket/a%20b', bucket: 'bucket', key: 'a b' };

describe('the answer to an error', () => {
  it('has the status, the code, the sentence and where it happened', () => {
    const { status, headers, body } = errorResponse(new S3Error('NoSuchKey'), context, 'GET');
    expect(status).toBe(404);
    expect(headers).toEqual({
      'content-type': 'application/xml',
      'content-length': String((body as Buffer).length),
      'x-amz-request-id': 'ID1',
    });
    expect(String(body)).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code>' +
        '<Message>The specified key does not exist.</Message><BucketName>bucket</BucketName><Key>a b</Key>' +
        '<Resource>/bucket/a%20b</Resource><RequestId>ID1</RequestId><HostId>penumbra</HostId></Error>',
    );
  });

  it('has the further fields and headers of the error, escaped', () => {
    const error = new S3Error('InvalidArgument', 'a < b', {
      fields: { ArgumentName: 'max-keys', ArgumentValue: '<&>' },
      headers: { 'retry-after': '1' },
    });
    const { headers, body } = errorResponse(error, { requestId: 'ID1', resource: '/' }, 'GET');
    expect(headers['retry-after']).toBe('1');
    expect(String(body)).toContain('<Message>a &lt; b</Message>');
    expect(String(body)).toContain(
      '<ArgumentName>max-keys</ArgumentName><ArgumentValue>&lt;&amp;&gt;</ArgumentValue>',
    );
    expect(String(body)).not.toContain('<Key>');
  });

  it('has no body for HEAD, only the status', () => {
    const response = errorResponse(new S3Error('NoSuchKey'), context, 'HEAD');
    expect(response).toEqual({
      status: 404,
      headers: { 'content-type': 'application/xml', 'x-amz-request-id': 'ID1' },
    });
  });
});

describe('readError', () => {
  it('reads what was answered', () => {
    const { body } = errorResponse(new S3Error('NoSuchBucket'), context, 'GET');
    expect(readError(body as Buffer)).toEqual({
      code: 'NoSuchBucket',
      message: 'The specified bucket does not exist',
    });
  });

  it('takes an answer without a sentence, as RGW gives it', () => {
    const rgw =
      '<?xml version="1.0" encoding="UTF-8"?><Error><Code>NoSuchKey</Code><BucketName>b</BucketName></Error>';
    expect(readError(rgw)).toEqual({ code: 'NoSuchKey', message: '' });
  });

  it.each([
    '',
    '<html><body>502 Bad Gateway<br></body></html>',
    '{"error":"x"}',
    '<Error/>',
    '<ListBucketResult/>',
  ])('finds no error of S3 in %j', (text) => {
    expect(readError(text)).toBeUndefined();
  });
});
