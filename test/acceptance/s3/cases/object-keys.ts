import assert from 'node:assert/strict';
import { ok, refused } from '../checks.js';
import { core, full, type S3Case } from '../s3-case.js';

/** Keys that paths, queries, XML or file systems could take for something else. */
const KEYS: Readonly<Record<string, string>> = {
  a_space: 'a b',
  spaces_at_both_ends: ' a ',
  a_plus: 'a+b',
  a_percent: '100%',
  an_escape: 'a%20b',
  an_escaped_slash: 'a%2Fb',
  a_question_mark: 'a?b=c',
  a_hash: 'a#b',
  an_ampersand: 'a&b;c=d',
  XML: '<a b="c">&amp;</a>',
  quotes: `a'b"c\`d`,
  brackets: '{a}[b](c)|^',
  punctuation: "a!b*c@d$e,f;g:h='i",
  a_backslash: 'a\\b',
  a_tilde: '~a/~',
  umlauts: 'äöü/ß',
  combining_characters: 'e\u0301',
  Chinese: '文件/数据.txt',
  an_emoji: '🏖️/beach.jpg',
  the_last_of_16_bits: '\uffee\ue000',
  a_dot: 'a/./b',
  two_dots: 'a/../b',
  two_dots_at_the_end: 'a/..',
  a_dot_in_front: '.hidden',
  two_slashes: 'a//b',
  a_slash_in_front: '/a',
  only_slashes: '///',
  a_slash_at_the_end: 'a/',
  a_colon: 'C:\\a: b',
  a_newline: 'a\nb',
  a_tab: 'a\tb',
  a_control_character: 'a\u0001b',
  the_name_of_an_operation: 'uploads',
  _a_byte_order_mark: '\ufeffa',
};

function roundTrip(condition: string, name: string): S3Case {
  return core(`ObjectKey_with_${condition}`, async (bucket) => {
    await bucket.fixture(name, 'there before');
    assert.equal(await bucket.text(name), 'there before');
    ok(await bucket.put(name, 'text'));
    assert.equal(await bucket.text(name), 'text');
    const listed = ok(await bucket.list({ 'encoding-type': 'url' })).texts('Contents/Key');
    assert.deepEqual(
      listed.map((key) => decodeURIComponent(key.replaceAll('+', ' '))),
      [bucket.key(name)],
    );
    ok(await bucket.delete(name), 204);
    refused(await bucket.get(name), 404, 'NoSuchKey');
    assert.deepEqual(ok(await bucket.list()).texts('Contents/Key'), []);
  });
}

/** AWS, "Naming Amazon S3 objects": any UTF-8 of up to 1,024 bytes. */
export const objectKeyCases: readonly S3Case[] = [
  ...Object.entries(KEYS).map(([condition, name]) => roundTrip(condition, name)),

  core('ObjectKey_of_1024_bytes', async (bucket) => {
    const name = 'ü'.repeat((1024 - Buffer.byteLength(bucket.prefix)) / 2).padEnd(1024, 'x');
    const fitting = Buffer.from(name)
      .subarray(0, 1024 - Buffer.byteLength(bucket.prefix))
      .toString();
    ok(await bucket.put(fitting, 'text'));
    assert.equal(await bucket.text(fitting), 'text');
    assert.deepEqual(bucket.names(ok(await bucket.list())), [fitting]);
  }),

  core('ObjectKey_of_1025_bytes', async (bucket) => {
    const name = 'x'.repeat(1025 - Buffer.byteLength(bucket.prefix));
    refused(await bucket.put(name, 'text'), 400, 'KeyTooLongError');
  }),

  full('ObjectKey_that_is_case_sensitive', async (bucket) => {
    await bucket.fixtures('Key', 'key', 'KEY');
    assert.equal(await bucket.text('Key'), 'Key');
    assert.deepEqual(bucket.names(ok(await bucket.list())), ['KEY', 'Key', 'key']);
  }),

  full('ObjectKey_in_two_normal_forms', async (bucket) => {
    await bucket.fixtures('\u00e9', 'e\u0301');
    assert.equal(await bucket.text('\u00e9'), '\u00e9');
    assert.equal(await bucket.text('e\u0301'), 'e\u0301');
  }),

  full('ObjectKey_escaped_in_lower_case', async (bucket) => {
    await bucket.fixture('ü');
    const signed = bucket.http.sign('GET', bucket.path('ü'));
    const answer = await bucket.http.send({ ...signed, target: signed.target.replace('%C3%BC', '%c3%bc') });
    assert.equal(ok(answer).text, 'ü');
  }),

  full('ObjectKey_escaped_without_need', async (bucket) => {
    await bucket.fixture('key');
    const signed = bucket.http.sign('GET', bucket.path('key'));
    const answer = await bucket.http.send({ ...signed, target: signed.target.replace(/key$/, '%6Bey') });
    assert.equal(ok(answer).text, 'key');
  }),

  full('ObjectKey_that_is_no_UTF8', async (bucket) => {
    const signed = bucket.http.sign('GET', bucket.path('key'));
    const answer = await bucket.http.send({ ...signed, target: signed.target.replace(/key$/, '%FF%FE') });
    assert.ok(answer.status >= 400 && answer.status < 500, `status ${answer.status}`);
  }),
];
