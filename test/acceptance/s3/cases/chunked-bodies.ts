import assert from 'node:assert/strict';
import { encodeQuery } from '../../../../src/s3/keys.js';
import { signingKey } from '../../../../src/s3/sigv4/signing-key.js';
import type { VerifiedSignature } from '../../../../src/s3/sigv4/verify.js';
import { awsChunked } from '../../../support/aws-chunked.js';
import { checksumOf, etagOf, hasHeaders, headRefused, ok, refused } from '../checks.js';
import { core, type S3Case, wire } from '../s3-case.js';
import type { WireRequest } from '../s3-http.js';
import type { TestBucket } from '../test-bucket.js';

type Kind = 'SIGNED' | 'SIGNED-TRAILER' | 'UNSIGNED-TRAILER';

const PAYLOAD_HASH: Readonly<Record<Kind, string>> = {
  SIGNED: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
  'SIGNED-TRAILER': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
  'UNSIGNED-TRAILER': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
};

interface Streamed {
  readonly kind: Kind;
  readonly text: string;
  readonly chunkSize?: number;
  /** In the place of the right checksum. */
  readonly checksum?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A PUT as SDKs stream one. */
function streamed(bucket: TestBucket, { kind, text, chunkSize = 8192, ...rest }: Streamed): WireRequest {
  const payload = Buffer.from(text);
  const hasTrailer = kind !== 'SIGNED';
  const headers = {
    'content-encoding': 'aws-chunked',
    'x-amz-decoded-content-length': String(payload.length),
    ...(hasTrailer && { 'x-amz-trailer': 'x-amz-checksum-crc32' }),
    ...rest.headers,
  };
  const { query = {} } = rest;
  const signed = bucket.http.sign('PUT', bucket.path('key'), {
    headers,
    query,
    payloadHash: PAYLOAD_HASH[kind],
  });
  const trailer = [`x-amz-checksum-crc32:${rest.checksum ?? checksumOf('crc32', text)}`];
  const body = awsChunked(payload, {
    chunkSize,
    ...(hasTrailer && { trailer }),
    ...(kind !== 'UNSIGNED-TRAILER' && { seed: seedOf(bucket, signed) }),
  });
  const target =
    Object.keys(query).length === 0
      ? signed.target
      : `${bucket.path('key')}?${encodeQuery(Object.entries(query))}`;
  return { ...signed, target, body };
}

/** What the signatures of the chunks follow from. */
function seedOf(bucket: TestBucket, { headers }: WireRequest): VerifiedSignature {
  const { accessKeyId, secretAccessKey, region } = bucket.http.account;
  const timestamp = headers['x-amz-date'] ?? '';
  const scope = { date: timestamp.slice(0, 8), region };
  return {
    accessKeyId,
    payloadHash: headers['x-amz-content-sha256'] ?? '',
    signature: /Signature=([0-9a-f]+)/.exec(headers.authorization ?? '')?.[1] ?? '',
    signingKey: signingKey(secretAccessKey, scope),
    scope,
    timestamp,
  };
}

const replaced = (request: WireRequest, from: string, to: string): WireRequest => ({
  ...request,
  body: Buffer.from((request.body ?? Buffer.alloc(0)).toString('latin1').replace(from, to), 'latin1'),
});

const LONG = 'a longer text. '.repeat(3000);

/** AWS, "Signature Calculations ... Transferring Payload in Multiple Chunks", with and without trailing headers. */
export const chunkedBodyCases: readonly S3Case[] = [
  core('ChunkedBody_signed', async (bucket) => {
    ok(await bucket.http.send(streamed(bucket, { kind: 'SIGNED', text: 'text' })));
    const answer = ok(await bucket.get('key'));
    assert.equal(answer.text, 'text');
    hasHeaders(answer, { etag: etagOf('text'), 'content-length': '4' });
  }),

  core('ChunkedBody_signed_in_many_chunks', async (bucket) => {
    ok(await bucket.http.send(streamed(bucket, { kind: 'SIGNED', text: LONG, chunkSize: 8192 })));
    assert.equal(await bucket.text('key'), LONG);
  }),

  core('ChunkedBody_signed_of_no_bytes', async (bucket) => {
    ok(await bucket.http.send(streamed(bucket, { kind: 'SIGNED', text: '' })));
    assert.equal(await bucket.text('key'), '');
  }),

  core('ChunkedBody_signed_with_a_trailer', async (bucket) => {
    ok(await bucket.http.send(streamed(bucket, { kind: 'SIGNED-TRAILER', text: LONG })));
    assert.equal(await bucket.text('key'), LONG);
  }),

  core('ChunkedBody_unsigned_with_a_trailer', async (bucket) => {
    ok(await bucket.http.send(streamed(bucket, { kind: 'UNSIGNED-TRAILER', text: LONG })));
    assert.equal(await bucket.text('key'), LONG);
  }),

  core('ChunkedBody_unsigned_of_no_bytes', async (bucket) => {
    ok(await bucket.http.send(streamed(bucket, { kind: 'UNSIGNED-TRAILER', text: '' })));
    assert.equal(await bucket.text('key'), '');
  }),

  core('ChunkedBody_encoding_is_not_stored', async (bucket) => {
    ok(await bucket.http.send(streamed(bucket, { kind: 'SIGNED', text: 'text' })));
    const { headers } = ok(await bucket.head('key'));
    assert.ok(!headers['content-encoding']?.includes('aws-chunked'), headers['content-encoding']);
  }),

  core('ChunkedBody_of_an_encoded_object', async (bucket) => {
    const headers = { 'content-encoding': 'aws-chunked,gzip' };
    ok(await bucket.http.send(streamed(bucket, { kind: 'SIGNED', text: 'text', headers })));
    hasHeaders(ok(await bucket.head('key')), { 'content-encoding': 'gzip' });
  }),

  core('ChunkedBody_of_a_part', async (bucket) => {
    const uploadId = await bucket.begin('key');
    const query = { partNumber: '1', uploadId };
    const part = ok(await bucket.http.send(streamed(bucket, { kind: 'SIGNED', text: LONG, query })));
    ok(await bucket.complete('key', uploadId, [[1, part.headers.etag ?? '']]));
    assert.equal(await bucket.text('key'), LONG);
  }),

  wire('ChunkedBody_with_other_bytes_than_signed', async (bucket) => {
    const request = replaced(streamed(bucket, { kind: 'SIGNED', text: 'text' }), '\r\ntext', '\r\ntest');
    refused(await bucket.http.send(request), 403, 'SignatureDoesNotMatch');
    headRefused(await bucket.head('key'), 404);
  }),

  wire('ChunkedBody_with_another_signature', async (bucket) => {
    const request = streamed(bucket, { kind: 'SIGNED', text: 'text' });
    const body = (request.body ?? '').toString('latin1');
    const [signature = ''] = /[0-9a-f]{64}/.exec(body) ?? [];
    const answer = await bucket.http.send(replaced(request, signature, '0'.repeat(64)));
    refused(answer, 403, 'SignatureDoesNotMatch');
    headRefused(await bucket.head('key'), 404);
  }),

  wire('ChunkedBody_with_another_checksum', async (bucket) => {
    const checksum = checksumOf('crc32', 'other');
    const request = streamed(bucket, { kind: 'UNSIGNED-TRAILER', text: 'text', checksum });
    refused(await bucket.http.send(request), 400, 'BadDigest');
    headRefused(await bucket.head('key'), 404);
  }),

  wire('ChunkedBody_with_another_length', async (bucket) => {
    const headers = { 'x-amz-decoded-content-length': '5' };
    const request = streamed(bucket, { kind: 'SIGNED', text: 'text', headers });
    ok(await bucket.http.send(request), 400);
    headRefused(await bucket.head('key'), 404);
  }),

  wire('ChunkedBody_without_its_last_chunk', async (bucket) => {
    const request = streamed(bucket, { kind: 'SIGNED', text: 'text' });
    const body = request.body ?? Buffer.alloc(0);
    const cut = body.subarray(0, body.lastIndexOf('0;chunk-signature'));
    const answer = await bucket.http.send({ ...request, body: cut });
    assert.ok(answer.status >= 400 && answer.status < 500, `status ${answer.status}`);
    headRefused(await bucket.head('key'), 404);
  }),
];
