import assert from 'node:assert/strict';
import { etagOf, hasHeaders, ok, refused } from '../checks.js';
import { core, full, type S3Case, smoke, wire } from '../s3-case.js';

const PAST = 'Sat, 01 Jan 2000 00:00:00 GMT';
const FUTURE = 'Fri, 01 Jan 2100 00:00:00 GMT';
const DIGITS = '0123456789';

interface RangeCase {
  readonly range: string;
  readonly status: 200 | 206 | 416;
  readonly text?: string;
  readonly contentRange?: string;
}

/** RFC 9110, 14.2, of ten bytes. */
const RANGES: Readonly<Record<string, RangeCase>> = {
  of_the_first_bytes: { range: 'bytes=0-3', status: 206, text: '0123', contentRange: 'bytes 0-3/10' },
  of_one_byte: { range: 'bytes=5-5', status: 206, text: '5', contentRange: 'bytes 5-5/10' },
  without_an_end: { range: 'bytes=7-', status: 206, text: '789', contentRange: 'bytes 7-9/10' },
  of_the_last_bytes: { range: 'bytes=-4', status: 206, text: '6789', contentRange: 'bytes 6-9/10' },
  of_all_bytes: { range: 'bytes=0-9', status: 206, text: DIGITS, contentRange: 'bytes 0-9/10' },
  beyond_the_end: { range: 'bytes=8-100', status: 206, text: '89', contentRange: 'bytes 8-9/10' },
  of_more_last_bytes_than_there_are: {
    range: 'bytes=-100',
    status: 206,
    text: DIGITS,
    contentRange: 'bytes 0-9/10',
  },
  after_the_end: { range: 'bytes=10-', status: 416 },
  far_after_the_end: { range: 'bytes=100-200', status: 416 },
  of_no_last_bytes: { range: 'bytes=-0', status: 416 },
  in_another_unit: { range: 'lines=0-3', status: 200, text: DIGITS },
  that_ends_before_it_begins: { range: 'bytes=5-3', status: 200, text: DIGITS },
  that_is_none: { range: 'bytes=a-b', status: 200, text: DIGITS },
};

function rangeCase(condition: string, { range, status, text, contentRange }: RangeCase): S3Case {
  return core(`GetObject_range_${condition}`, async (bucket) => {
    await bucket.fixture('key', DIGITS);
    for (const _ of ['as a fixture', 'once more']) {
      const answer = await bucket.get('key', { range });
      if (status === 416) {
        refused(answer, 416, 'InvalidRange');
      } else {
        hasHeaders(ok(answer, status), { 'content-range': contentRange, 'accept-ranges': 'bytes' });
        assert.equal(answer.text, text);
        assert.equal(answer.headers.etag, etagOf(DIGITS));
      }
    }
  });
}

/** AWS, "GetObject", response-* parameters. */
const OVERRIDES: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-disposition': 'attachment; filename="ü.txt"',
  'content-encoding': 'br',
  'content-language': 'fr',
  'content-type': 'text/html; charset=utf-8',
  expires: 'Thu, 01 Dec 2033 16:00:00 GMT',
};

function overrideCase(field: string, value: string): S3Case {
  return core(`GetObject_response_${field.replaceAll('-', '_')}`, async (bucket) => {
    await bucket.fixture('key', 'text', { 'content-type': 'text/plain', 'x-amz-meta-a': 'b' });
    const plain = encodeURIComponent(value).includes('%C3') ? value.replace('ü', 'u') : value;
    const answer = await bucket.ask('GET', 'key', { query: { [`response-${field}`]: plain } });
    hasHeaders(ok(answer), { [field]: plain, 'x-amz-meta-a': 'b' });
    const head = await bucket.ask('HEAD', 'key', { query: { [`response-${field}`]: plain } });
    hasHeaders(ok(head), { [field]: plain });
  });
}

/** AWS, "GetObject". */
export const getObjectCases: readonly S3Case[] = [
  smoke('GetObject_success', async (bucket) => {
    const etag = await bucket.fixture('key', 'text', { 'content-type': 'text/plain', 'x-amz-meta-a': 'b' });
    const answer = ok(await bucket.get('key'));
    assert.equal(answer.text, 'text');
    hasHeaders(answer, { etag, 'content-length': '4', 'content-type': 'text/plain', 'x-amz-meta-a': 'b' });
  }),

  smoke('GetObject_missing_key', async (bucket) => {
    const answer = refused(await bucket.get('missing'), 404, 'NoSuchKey');
    assert.equal(answer.headers['content-type']?.split(';')[0], 'application/xml');
  }),

  smoke('GetObject_missing_bucket', async (bucket) => {
    refused(await bucket.http.ask('GET', `/${bucket.newBucketName()}/key`), 404, 'NoSuchBucket');
  }),

  core('GetObject_twice', async (bucket) => {
    const etag = await bucket.fixture('key', 'text');
    for (const _ of ['first', 'second']) {
      const answer = ok(await bucket.get('key'));
      assert.deepEqual([answer.text, answer.headers.etag], ['text', etag]);
    }
  }),

  core('GetObject_many_at_once', async (bucket) => {
    const body = Buffer.alloc(300_000, 'abc');
    await bucket.fixture('key', body);
    const answers = await Promise.all(Array.from({ length: 8 }, () => bucket.get('key')));
    for (const answer of answers) assert.ok(ok(answer).body.equals(body));
  }),

  core('GetObject_after_a_delete', async (bucket) => {
    await bucket.fixture('key');
    ok(await bucket.delete('key'), 204);
    refused(await bucket.get('key'), 404, 'NoSuchKey');
  }),

  wire('GetObject_answer_fields', async (bucket) => {
    await bucket.fixture('key', 'text');
    const { headers } = ok(await bucket.get('key'));
    assert.match(headers['last-modified'] ?? '', /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/);
    assert.match(headers.date ?? '', /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/);
    assert.match(headers.etag ?? '', /^"[0-9a-f]{32}"$/);
    assert.equal(headers['accept-ranges'], 'bytes');
    assert.ok(headers['x-amz-request-id']);
    assert.ok(Math.abs(Date.parse(headers['last-modified'] ?? '') - Date.now()) < 600_000);
  }),

  ...Object.entries(RANGES).map(([condition, range]) => rangeCase(condition, range)),

  core('GetObject_range_of_an_empty_object', async (bucket) => {
    await bucket.fixture('key', '');
    refused(await bucket.get('key', { range: 'bytes=0-0' }), 416, 'InvalidRange');
  }),

  full('GetObject_range_in_the_middle_of_a_large_object', async (bucket) => {
    const body = Buffer.alloc(1_000_000, 'abcdefg');
    await bucket.fixture('key', body);
    const answer = ok(await bucket.get('key', { range: 'bytes=499999-500100' }), 206);
    assert.ok(answer.body.equals(body.subarray(499_999, 500_101)));
    hasHeaders(answer, { 'content-length': '102', 'content-range': 'bytes 499999-500100/1000000' });
  }),

  core('GetObject_if_match', async (bucket) => {
    const etag = await bucket.fixture('key', 'text');
    assert.equal(ok(await bucket.get('key', { 'if-match': etag })).text, 'text');
    assert.equal(ok(await bucket.get('key', { 'if-match': etag })).text, 'text');
  }),

  core('GetObject_if_match_of_another_object', async (bucket) => {
    await bucket.fixture('key', 'text');
    refused(await bucket.get('key', { 'if-match': etagOf('other') }), 412, 'PreconditionFailed');
  }),

  core('GetObject_if_none_match', async (bucket) => {
    const etag = await bucket.fixture('key', 'text');
    const answer = ok(await bucket.get('key', { 'if-none-match': etag }), 304);
    assert.equal(answer.body.length, 0);
  }),

  full('GetObject_if_none_match_answers_the_etag', async (bucket) => {
    const etag = await bucket.fixture('key', 'text');
    hasHeaders(ok(await bucket.get('key', { 'if-none-match': etag }), 304), { etag });
  }),

  core('GetObject_if_none_match_of_another_object', async (bucket) => {
    await bucket.fixture('key', 'text');
    assert.equal(ok(await bucket.get('key', { 'if-none-match': etagOf('other') })).text, 'text');
  }),

  core('GetObject_if_modified_since', async (bucket) => {
    await bucket.fixture('key', 'text');
    assert.equal(ok(await bucket.get('key', { 'if-modified-since': PAST })).text, 'text');
    ok(await bucket.get('key', { 'if-modified-since': FUTURE }), 304);
  }),

  core('GetObject_if_unmodified_since', async (bucket) => {
    await bucket.fixture('key', 'text');
    assert.equal(ok(await bucket.get('key', { 'if-unmodified-since': FUTURE })).text, 'text');
    refused(await bucket.get('key', { 'if-unmodified-since': PAST }), 412, 'PreconditionFailed');
  }),

  full('GetObject_if_match_wins_over_the_date', async (bucket) => {
    const etag = await bucket.fixture('key', 'text');
    ok(await bucket.get('key', { 'if-match': etag, 'if-unmodified-since': PAST }));
  }),

  full('GetObject_if_none_match_wins_over_the_date', async (bucket) => {
    const etag = await bucket.fixture('key', 'text');
    ok(await bucket.get('key', { 'if-none-match': etag, 'if-modified-since': PAST }), 304);
  }),

  core('GetObject_condition_on_a_missing_key', async (bucket) => {
    refused(await bucket.get('missing', { 'if-match': etagOf('x') }), 404, 'NoSuchKey');
    refused(await bucket.get('missing', { 'if-none-match': etagOf('x') }), 404, 'NoSuchKey');
  }),

  full('GetObject_range_with_a_condition', async (bucket) => {
    const etag = await bucket.fixture('key', DIGITS);
    const answer = ok(await bucket.get('key', { range: 'bytes=2-4', 'if-match': etag }), 206);
    assert.equal(answer.text, '234');
  }),

  ...Object.entries(OVERRIDES).map(([field, value]) => overrideCase(field, value)),

  full('GetObject_several_overrides_at_once', async (bucket) => {
    await bucket.fixture('key', 'text');
    const query = { 'response-content-type': 'text/css', 'response-cache-control': 'no-cache' };
    const answer = ok(await bucket.ask('GET', 'key', { query }));
    hasHeaders(answer, { 'content-type': 'text/css', 'cache-control': 'no-cache' });
    hasHeaders(ok(await bucket.get('key')), { 'cache-control': undefined });
  }),

  full('GetObject_part_number_of_an_object_in_one_piece', async (bucket) => {
    await bucket.fixture('key', 'text');
    const answer = ok(await bucket.ask('GET', 'key', { query: { partNumber: '1' } }), 206);
    assert.equal(answer.text, 'text');
    refused(await bucket.ask('GET', 'key', { query: { partNumber: '2' } }), 416, 'InvalidPartNumber');
  }),

  full('GetObject_version_that_is_none', async (bucket) => {
    await bucket.fixture('key', 'text');
    const answer = await bucket.ask('GET', 'key', { query: { versionId: 'no-version' } });
    assert.ok(answer.status === 400 || answer.status === 404, `status ${answer.status}`);
    assert.ok(['InvalidArgument', 'NoSuchVersion', 'NoSuchKey'].includes(answer.value('Code') ?? ''));
  }),

  full('GetObject_null_version', async (bucket) => {
    await bucket.fixture('key', 'text');
    assert.equal(ok(await bucket.ask('GET', 'key', { query: { versionId: 'null' } })).text, 'text');
  }),

  full('GetObject_unknown_parameter', async (bucket) => {
    await bucket.fixture('key', 'text');
    assert.equal(ok(await bucket.ask('GET', 'key', { query: { 'x-id': 'GetObject' } })).text, 'text');
  }),
];
