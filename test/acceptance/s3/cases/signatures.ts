import assert from 'node:assert/strict';
import type { HeaderFields } from '../../../../src/s3/message.js';
import { headRefused, ok, refused } from '../checks.js';
import { core, full, type S3Case, smoke, wire } from '../s3-case.js';
import type { WireRequest } from '../s3-http.js';
import type { TestBucket } from '../test-bucket.js';

const HOUR_MS = 3_600_000;

/** Sends a signed GET with other header fields than were signed. */
function altered(bucket: TestBucket, alter: (headers: HeaderFields) => HeaderFields) {
  const signed = bucket.http.sign('GET', bucket.path('key'));
  return bucket.http.send({ ...signed, headers: alter(signed.headers) });
}

const withAuthorization = (change: (authorization: string) => string) => (headers: HeaderFields) => ({
  ...headers,
  authorization: change(headers.authorization ?? ''),
});

const without =
  (name: string) =>
  (headers: HeaderFields): HeaderFields =>
    Object.fromEntries(Object.entries(headers).filter(([field]) => field !== name));

/** What is wrong with an Authorization header that still is one of SigV4. */
const MALFORMED: Readonly<Record<string, (authorization: string) => string>> = {
  without_a_credential: (text) => text.replace(/Credential=[^,]*, /, ''),
  without_signed_headers: (text) => text.replace(/SignedHeaders=[^,]*, /, ''),
  without_a_signature: (text) => text.replace(/, Signature=.*/, ''),
  with_a_short_credential: (text) => text.replace(/\/s3\/aws4_request/, ''),
  with_another_service: (text) => text.replace('/s3/', '/sqs/'),
  with_another_date: (text) => text.replace(/\/\d{8}\//, '/20010101/'),
};

/** AWS, "Authenticating Requests: Using the Authorization Header (AWS Signature Version 4)". */
export const signatureCases: readonly S3Case[] = [
  smoke('Signature_anonymous', async (bucket) => {
    await bucket.fixture('key', 'text');
    const answer = await bucket.http.send({ method: 'GET', target: bucket.path('key'), headers: {} });
    refused(answer, 403, 'AccessDenied');
  }),

  core('Signature_anonymous_PutObject', async (bucket) => {
    const request: WireRequest = {
      method: 'PUT',
      target: bucket.path('key'),
      headers: {},
      body: Buffer.from('text'),
    };
    refused(await bucket.http.send(request), 403, 'AccessDenied');
    headRefused(await bucket.head('key'), 404);
  }),

  core('Signature_unknown_access_key', async (bucket) => {
    const credentials = { accessKeyId: 'AKIAUNKNOWNUNKNOWN00', secretAccessKey: 'whatever' };
    refused(await bucket.ask('GET', 'key', { credentials }), 403, 'InvalidAccessKeyId');
  }),

  core('Signature_wrong_secret', async (bucket) => {
    await bucket.fixture('key', 'text');
    const { accessKeyId } = bucket.http.account;
    const credentials = { accessKeyId, secretAccessKey: 'not the secret' };
    refused(await bucket.ask('GET', 'key', { credentials }), 403, 'SignatureDoesNotMatch');
  }),

  core('Signature_wrong_secret_of_a_write', async (bucket) => {
    const { accessKeyId } = bucket.http.account;
    const credentials = { accessKeyId, secretAccessKey: 'not the secret' };
    refused(await bucket.ask('PUT', 'key', { credentials, body: 'text' }), 403, 'SignatureDoesNotMatch');
    headRefused(await bucket.head('key'), 404);
  }),

  core('Signature_too_old', async (bucket) => {
    await bucket.fixture('key', 'text');
    const answer = await bucket.ask('GET', 'key', { signedAt: Date.now() - HOUR_MS });
    refused(answer, 403, 'RequestTimeTooSkewed');
  }),

  core('Signature_from_the_future', async (bucket) => {
    await bucket.fixture('key', 'text');
    const answer = await bucket.ask('GET', 'key', { signedAt: Date.now() + HOUR_MS });
    refused(answer, 403, 'RequestTimeTooSkewed');
  }),

  full('Signature_ten_minutes_off', async (bucket) => {
    await bucket.fixture('key', 'text');
    for (const off of [-HOUR_MS / 6, HOUR_MS / 6]) {
      assert.equal(ok(await bucket.ask('GET', 'key', { signedAt: Date.now() + off })).text, 'text');
    }
  }),

  ...Object.entries(MALFORMED).map(([condition, change]) =>
    wire(`Signature_${condition}`, async (bucket) => {
      await bucket.fixture('key', 'text');
      const answer = await altered(bucket, withAuthorization(change));
      refused(answer, 400, 'AuthorizationHeaderMalformed');
    }),
  ),

  wire('Signature_of_another_mechanism', async (bucket) => {
    const answer = await altered(
      bucket,
      withAuthorization(() => 'Bearer abc'),
    );
    assert.ok([400, 403].includes(answer.status), `status ${answer.status}`);
    assert.ok(['InvalidRequest', 'InvalidArgument', 'AccessDenied'].includes(answer.value('Code') ?? ''));
  }),

  wire('Signature_without_a_date', async (bucket) => {
    await bucket.fixture('key', 'text');
    refused(await altered(bucket, without('x-amz-date')), 403, 'AccessDenied');
  }),

  wire('Signature_with_another_header_value', async (bucket) => {
    const signed = bucket.http.sign('PUT', bucket.path('key'), {
      headers: { 'x-amz-meta-a': 'b' },
      body: 'text',
    });
    const headers = { ...signed.headers, 'x-amz-meta-a': 'c' };
    refused(await bucket.http.send({ ...signed, headers }), 403, 'SignatureDoesNotMatch');
    headRefused(await bucket.head('key'), 404);
  }),

  wire('Signature_with_an_unsigned_x_amz_header', async (bucket) => {
    const signed = bucket.http.sign('PUT', bucket.path('key'), { body: 'text' });
    const headers = { ...signed.headers, 'x-amz-meta-a': 'b' };
    refused(await bucket.http.send({ ...signed, headers }), 403, 'AccessDenied');
    headRefused(await bucket.head('key'), 404);
  }),

  wire('Signature_of_folded_spaces', async (bucket) => {
    const signed = bucket.http.sign('PUT', bucket.path('key'), {
      headers: { 'x-amz-meta-a': 'one two' },
      body: 'text',
    });
    const headers = { ...signed.headers, 'x-amz-meta-a': '  one   two ' };
    ok(await bucket.http.send({ ...signed, headers }));
    assert.match(ok(await bucket.head('key')).headers['x-amz-meta-a'] ?? '', /^one +two$/);
  }),

  wire('Signature_of_header_names_in_capitals', async (bucket) => {
    await bucket.fixture('key', 'text');
    const signed = bucket.http.sign('GET', bucket.path('key'));
    const headers = Object.fromEntries(
      Object.entries(signed.headers).map(([name, value]) => [name.toUpperCase(), value]),
    );
    assert.equal(ok(await bucket.http.send({ ...signed, headers })).text, 'text');
  }),

  wire('Signature_of_a_query_in_another_order', async (bucket) => {
    await bucket.fixtures('a', 'b');
    const query = { prefix: bucket.prefix, 'list-type': '2', 'max-keys': '1' };
    const answer = ok(await bucket.askBucket('GET', { query }));
    assert.deepEqual(bucket.names(answer), ['a']);
  }),

  wire('Signature_of_another_query', async (bucket) => {
    const signed = bucket.http.sign('GET', `/${bucket.name}`, { query: { 'list-type': '2', prefix: 'a' } });
    const target = signed.target.replace('prefix=a', 'prefix=b');
    refused(await bucket.http.send({ ...signed, target }), 403, 'SignatureDoesNotMatch');
  }),

  wire('Signature_of_a_parameter_without_a_value', async (bucket) => {
    await bucket.fixture('key', 'text');
    const signed = bucket.http.sign('GET', bucket.path('key'), { query: { tagging: '' } });
    ok(await bucket.http.send({ ...signed, target: signed.target.replace('tagging=', 'tagging') }));
  }),

  wire('Signature_in_header_and_query', async (bucket) => {
    await bucket.fixture('key', 'text');
    const target = bucket.http.presign({ method: 'GET', path: bucket.path('key') });
    const { headers } = bucket.http.sign('GET', bucket.path('key'));
    const answer = await bucket.http.send({
      method: 'GET',
      target,
      headers,
    });
    refused(answer, 400, 'InvalidArgument');
  }),

  wire('Signature_without_a_payload_hash', async (bucket) => {
    await bucket.fixture('key', 'text');
    const answer = await altered(bucket, without('x-amz-content-sha256'));
    assert.ok([400, 403].includes(answer.status), `status ${answer.status}`);
  }),

  wire('Signature_payload_hash_that_is_none', async (bucket) => {
    const answer = await bucket.ask('PUT', 'key', { body: 'text', payloadHash: 'no hash' });
    assert.equal(answer.status, 400);
    headRefused(await bucket.head('key'), 404);
  }),

  wire('Signature_session_token_that_is_none', async (bucket) => {
    const answer = await bucket.get('key', { 'x-amz-security-token': 'made up' });
    assert.ok([400, 403].includes(answer.status), `status ${answer.status}`);
    assert.ok(['InvalidToken', 'InvalidAccessKeyId', 'AccessDenied'].includes(answer.value('Code') ?? ''));
  }),
];
