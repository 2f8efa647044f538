import { describe, expect, it } from 'vitest';
import type { HeaderFields, QueryParameter } from '../../../src/s3/message.js';
import { parseAuthentication } from '../../../src/s3/sigv4/authentication.js';
import { presignUrl } from '../../../src/s3/sigv4/presign.js';
import { signRequest } from '../../../src/s3/sigv4/sign.js';
import { verifySignature } from '../../../src/s3/sigv4/verify.js';
import { sha256 } from '../../support/sigv4.js';

// The worked examples of the Amazon S3 API reference, "Authenticating Requests (AWS Signature Version 4)".

const credentials = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
const region = 'us-east-1';
const now = Date.UTC(2013, 4, 24);
const host = 'examplebucket.s3.amazonaws.com';

interface Example {
  name: string;
  method: string;
  path: string;
  query?: QueryParameter[];
  headers: HeaderFields;
  payloadHash: string;
  signature: string;
}

const EXAMPLES: Example[] = [
  {
    name: 'GET Object',
    method: 'GET',
    path: '/test.txt',
    headers: { host, range: 'bytes=0-9' },
    payloadHash: sha256(''),
    signature: 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  },
  {
    name: 'PUT Object',
    method: 'PUT',
    path: '/test%24file.text',
    headers: { host, date: 'Fri, 24 May 2013 00:00:00 GMT', 'x-amz-storage-class': 'REDUCED_REDUNDANCY' },
    payloadHash: sha256('Welcome to Amazon S3.'),
    signature: '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
  },
  {
    name: 'GET Bucket Lifecycle',
    method: 'GET',
    path: '/',
    query: [['lifecycle', '']],
    headers: { host },
    payloadHash: sha256(''),
    signature: 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
  },
  {
    name: 'GET Bucket (List Objects)',
    method: 'GET',
    path: '/',
    query: [
      ['prefix', 'J'],
      ['max-keys', '2'],
    ],
    headers: { host },
    payloadHash: sha256(''),
    signature: '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  },
  {
    name: 'PUT Object in signed chunks',
    method: 'PUT',
    path: '/examplebucket/chunkObject.txt',
    headers: {
      host: 's3.amazonaws.com',
      'x-amz-storage-class': 'REDUCED_REDUNDANCY',
      'content-encoding': 'aws-chunked',
      'x-amz-decoded-content-length': '66560',
      'content-length': '66824',
    },
    payloadHash: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
    signature: '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
  },
  {
    name: 'PUT Object in signed chunks with a trailer',
    method: 'PUT',
    path: '/examplebucket/chunkObject.txt',
    headers: {
      host: 's3.amazonaws.com',
      'x-amz-storage-class': 'REDUCED_REDUNDANCY',
      'content-encoding': 'aws-chunked',
      'x-amz-decoded-content-length': '66560',
      'x-amz-trailer': 'x-amz-checksum-crc32c',
    },
    payloadHash: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
    signature: '106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e',
  },
];

describe('the signature examples that AWS publishes', () => {
  it.each(EXAMPLES)('are what we sign: $name', ({ signature, query = [], ...request }) => {
    const signed = signRequest({ ...request, query, credentials, region, now });
    expect(signed.authorization).toContain(`Signature=${signature}`);
  });

  it.each(EXAMPLES)(
    'are accepted: $name',
    ({ method, path, headers, query = [], payloadHash, signature }) => {
      const signed = { ...headers, 'x-amz-date': '20130524T000000Z', 'x-amz-content-sha256': payloadHash };
      const authorization =
        `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/20130524/us-east-1/s3/aws4_request,` +
        `SignedHeaders=${Object.keys(signed).sort().join(';')},Signature=${signature}`;
      const authentication = parseAuthentication({
        method,
        rawPath: path,
        rawQuery: query.map((pair) => pair.join('=')).join('&'),
        headers: { ...signed, authorization },
      });
      expect(
        authentication && verifySignature(authentication, credentials.secretAccessKey, now),
      ).toMatchObject({
        accessKeyId: credentials.accessKeyId,
        payloadHash,
      });
    },
  );

  it('are what we presign', () => {
    const origin = `https://${host}`;
    expect(
      presignUrl({ method: 'GET', origin, path: '/test.txt', expiresIn: 86400, credentials, region, now }),
    ).toBe(
      `${origin}/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256` +
        '&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request' +
        '&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host' +
        '&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
    );
  });
});
