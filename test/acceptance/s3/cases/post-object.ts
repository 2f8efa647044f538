import assert from 'node:assert/strict';
import { type FormToSign, formOf, signForm, signWith } from '../../../support/post-form.js';
import type { Answer } from '../answer.js';
import { etagOf, hasHeaders, headRefused, ok, refused } from '../checks.js';
import { core, full, type S3Case, wire } from '../s3-case.js';
import type { TestBucket } from '../test-bucket.js';

type Fields = Readonly<Record<string, string>>;

interface Posted extends Partial<FormToSign> {
  readonly file?: string | Blob;
  readonly fileName?: string;
}

/** A form for the object `key`, as its fields say if they name another, with conditions that it meets. */
function signed(bucket: TestBucket, { fields, ...form }: Posted = {}): Fields {
  const named = { key: bucket.key('key'), ...fields };
  return signForm({ bucket: bucket.name, credentials: bucket.http.account, ...form, fields: named });
}

async function send(bucket: TestBucket, form: FormData): Promise<Answer> {
  const body = Buffer.from(await new Response(form).arrayBuffer());
  const boundary = body.subarray(2, body.indexOf('\r\n')).toString();
  const headers = { host: bucket.http.host, 'content-type': `multipart/form-data; boundary=${boundary}` };
  return bucket.http.send({ method: 'POST', target: `/${bucket.name}`, headers, body });
}

const post = (bucket: TestBucket, { file = 'text', fileName, ...form }: Posted = {}): Promise<Answer> =>
  send(bucket, formOf(signed(bucket, form), file, fileName));

async function notStored(bucket: TestBucket): Promise<void> {
  headRefused(await bucket.head('key'), 404);
}

/** Signed by hand, since no policy that is valid is meant. */
const withPolicy = (bucket: TestBucket, document: unknown): Promise<Answer> =>
  send(bucket, formOf(signWith(document, bucket.http.account, { key: bucket.key('key') }), 'text'));

export const postObjectCases: readonly S3Case[] = [
  core('PostObject_success', async (bucket) => {
    assert.equal(ok(await post(bucket), 204).text, '');
    const stored = ok(await bucket.get('key'));
    assert.equal(stored.text, 'text');
    hasHeaders(stored, { etag: etagOf('text') });
  }),

  core('PostObject_of_no_bytes', async (bucket) => {
    ok(await post(bucket, { file: '' }), 204);
    hasHeaders(ok(await bucket.head('key')), { 'content-length': '0', etag: etagOf('') });
  }),

  full('PostObject_of_20_MiB', async (bucket) => {
    const bytes = Buffer.alloc(20 * 1024 * 1024, 'penumbra ');
    ok(await post(bucket, { file: new Blob([bytes]) }), 204);
    assert.ok(ok(await bucket.get('key')).body.equals(bytes));
  }),

  core('PostObject_metadata', async (bucket) => {
    const fields = { 'Content-Type': 'image/png', 'Cache-Control': 'no-store', 'x-amz-meta-Colour': 'red' };
    ok(await post(bucket, { fields }), 204);
    hasHeaders(ok(await bucket.head('key')), {
      'content-type': 'image/png',
      'cache-control': 'no-store',
      'x-amz-meta-colour': 'red',
    });
  }),

  core('PostObject_tags', async (bucket) => {
    const tagging = '<Tagging><TagSet><Tag><Key>a</Key><Value>b c</Value></Tag></TagSet></Tagging>';
    ok(await post(bucket, { fields: { tagging } }), 204);
    const tags = ok(await bucket.ask('GET', 'key', { query: { tagging: '' } }));
    assert.deepEqual([tags.texts('TagSet/Tag/Key'), tags.texts('TagSet/Tag/Value')], [['a'], ['b c']]);
  }),

  core('PostObject_success_action_status_200', async (bucket) => {
    assert.equal(ok(await post(bucket, { fields: { success_action_status: '200' } }), 200).text, '');
  }),

  core('PostObject_success_action_status_201', async (bucket) => {
    const answer = ok(await post(bucket, { fields: { success_action_status: '201' } }), 201);
    assert.equal(answer.root.name, 'PostResponse');
    assert.deepEqual([answer.value('Bucket'), answer.value('Key')], [bucket.name, bucket.key('key')]);
    assert.ok(answer.value('Location')?.endsWith(encodeURIComponent(bucket.key('key'))));
  }),

  core('PostObject_success_action_status_that_is_none', async (bucket) => {
    assert.equal(ok(await post(bucket, { fields: { success_action_status: '404' } }), 204).text, '');
  }),

  core('PostObject_success_action_redirect', async (bucket) => {
    const url = 'http://localhost/done';
    const { headers } = ok(await post(bucket, { fields: { success_action_redirect: url } }), 303);
    const query = new URLSearchParams({ bucket: bucket.name, key: bucket.key('key'), etag: etagOf('text') });
    assert.equal(headers.location, `${url}?${query}`);
  }),

  core('PostObject_key_of_the_name_of_the_file', async (bucket) => {
    const key = bucket.key('$'.concat('{filename}'));
    const covered = ['algorithm', 'credential', 'date'].map((name) => ['starts-with', `$x-amz-${name}`, '']);
    const conditions = [{ bucket: bucket.name }, ['starts-with', '$key', bucket.key('')], ...covered];
    ok(await post(bucket, { fields: { key }, conditions, onlyThese: true, fileName: 'cat.jpg' }), 204);
    assert.equal(ok(await bucket.get('cat.jpg')).text, 'text');
  }),

  core('PostObject_ignored_field', async (bucket) => {
    const form = formOf({ ...signed(bucket), 'x-ignore-this': 'a' }, 'text');
    ok(await send(bucket, form), 204);
  }),

  full('PostObject_field_after_the_file', async (bucket) => {
    const form = formOf(signed(bucket), 'text');
    form.append('submit', 'Send');
    ok(await send(bucket, form), 204);
    assert.equal(ok(await bucket.get('key')).text, 'text');
  }),

  core('PostObject_length_within_its_range', async (bucket) => {
    ok(await post(bucket, { conditions: [['content-length-range', 4, 4]] }), 204);
  }),

  core('PostObject_too_long', async (bucket) => {
    refused(await post(bucket, { conditions: [['content-length-range', 0, 3]] }), 400, 'EntityTooLarge');
    await notStored(bucket);
  }),

  core('PostObject_too_short', async (bucket) => {
    refused(await post(bucket, { conditions: [['content-length-range', 5, 9]] }), 400, 'EntityTooSmall');
    await notStored(bucket);
  }),

  core('PostObject_expired_policy', async (bucket) => {
    refused(await post(bucket, { expiresAt: Date.now() - 60_000 }), 403, 'AccessDenied');
    await notStored(bucket);
  }),

  core('PostObject_failed_condition', async (bucket) => {
    refused(await post(bucket, { conditions: [['starts-with', '$key', 'other/']] }), 403, 'AccessDenied');
    await notStored(bucket);
  }),

  core('PostObject_policy_for_another_bucket', async (bucket) => {
    refused(await post(bucket, { bucket: 'another-bucket' }), 403, 'AccessDenied');
    await notStored(bucket);
  }),

  core('PostObject_field_without_condition', async (bucket) => {
    const form = formOf({ ...signed(bucket), 'x-amz-meta-a': 'b' }, 'text');
    refused(await send(bucket, form), 403, 'AccessDenied');
    await notStored(bucket);
  }),

  core('PostObject_anonymous', async (bucket) => {
    refused(await send(bucket, formOf({ key: bucket.key('key') }, 'text')), 403, 'AccessDenied');
    await notStored(bucket);
  }),

  core('PostObject_unknown_access_key', async (bucket) => {
    const credentials = { ...bucket.http.account, accessKeyId: 'UNKNOWN' };
    refused(await post(bucket, { credentials }), 403, 'InvalidAccessKeyId');
  }),

  core('PostObject_bad_signature', async (bucket) => {
    const credentials = { ...bucket.http.account, secretAccessKey: 'other' };
    refused(await post(bucket, { credentials }), 403, 'SignatureDoesNotMatch');
    await notStored(bucket);
  }),

  core('PostObject_missing_signature', async (bucket) => {
    const { 'X-Amz-Signature': _, ...fields } = signed(bucket);
    refused(await send(bucket, formOf(fields, 'text')), 400, 'InvalidArgument');
    await notStored(bucket);
  }),

  core('PostObject_missing_key', async (bucket) => {
    const { key: _, ...fields } = signed(bucket);
    refused(await send(bucket, formOf(fields, 'text')), 400, 'InvalidArgument');
  }),

  core('PostObject_missing_file', async (bucket) => {
    refused(await send(bucket, formOf(signed(bucket))), 400, 'InvalidArgument');
    await notStored(bucket);
  }),

  full('PostObject_policy_that_is_no_json', async (bucket) => {
    refused(await withPolicy(bucket, '{'), 400, 'InvalidPolicyDocument');
    await notStored(bucket);
  }),

  full('PostObject_policy_without_expiration', async (bucket) => {
    refused(await withPolicy(bucket, { conditions: [] }), 400, 'InvalidPolicyDocument');
  }),

  full('PostObject_policy_without_conditions', async (bucket) => {
    const document = { expiration: new Date(Date.now() + 60_000).toISOString() };
    refused(await withPolicy(bucket, document), 400, 'InvalidPolicyDocument');
  }),

  wire('PostObject_that_is_no_form', async (bucket) => {
    const headers = { host: bucket.http.host, 'content-type': 'text/plain' };
    const request = { method: 'POST', target: `/${bucket.name}`, headers, body: Buffer.from('key=a') };
    refused(await bucket.http.send(request), 412, 'PreconditionFailed');
  }),

  wire('PostObject_that_ends_early', async (bucket) => {
    const whole = Buffer.from(await new Response(formOf(signed(bucket), 'text')).arrayBuffer());
    const boundary = whole.subarray(2, whole.indexOf('\r\n')).toString();
    const headers = { host: bucket.http.host, 'content-type': `multipart/form-data; boundary=${boundary}` };
    const body = whole.subarray(0, whole.lastIndexOf('\r\n--'));
    const answer = await bucket.http.send({ method: 'POST', target: `/${bucket.name}`, headers, body });
    refused(answer, 400, 'MalformedPOSTRequest');
    await notStored(bucket);
  }),
];
