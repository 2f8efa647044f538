import { describe, expect, it } from 'vitest';
import { assertPolicy } from '../../../src/s3/post/check-policy.js';
import { readPolicy } from '../../../src/s3/post/policy.js';

const EXPIRATION = '2015-12-30T12:00:00.000Z';
const IN_TIME = Date.parse(EXPIRATION) - 1;

const encode = (document: unknown): string =>
  Buffer.from(typeof document === 'string' ? document : JSON.stringify(document)).toString('base64');

const policyOf = (...conditions: unknown[]) => readPolicy(encode({ expiration: EXPIRATION, conditions }));

interface Posted {
  readonly conditions: readonly unknown[];
  readonly fields: Readonly<Record<string, string>>;
  readonly now?: number;
}

function post({ conditions, fields, now = IN_TIME }: Posted): void {
  const named = Object.entries(fields).map(([name, value]): [string, string] => [name.toLowerCase(), value]);
  assertPolicy(policyOf(...conditions), { fields: new Map(named), bucket: 'photos', now });
}

const KEY = { key: 'user/eric/a.jpg' };
const ANY_KEY = ['starts-with', '$key', ''];

describe('a form meets its policy', () => {
  it.each<[string, Posted]>([
    ['when a field has the very value', { conditions: [KEY], fields: KEY }],
    [
      'when a field has the very value, said as eq',
      { conditions: [['eq', '$key', 'a']], fields: { key: 'a' } },
    ],
    ['when a field begins as it must', { conditions: [['starts-with', '$key', 'user/eric/']], fields: KEY }],
    ['when any value will do', { conditions: [ANY_KEY], fields: KEY }],
    [
      'whatever the letter case of names and operators',
      {
        conditions: [['StArTs-WiTh', '$KeY', 'user'], { AcL: 'private' }],
        fields: { kEy: 'user', acl: 'private' },
      },
    ],
    [
      'when the bucket of the URL is that of the policy',
      { conditions: [{ bucket: 'photos' }, KEY], fields: KEY },
    ],
    [
      'when each of several types begins as it must',
      {
        conditions: [ANY_KEY, ['starts-with', '$Content-Type', 'image/']],
        fields: { ...KEY, 'Content-Type': 'image/jpg, image/png,image/gif' },
      },
    ],
    [
      'with fields that are to be ignored, and those about the signature, which no condition names',
      {
        conditions: [KEY],
        fields: { ...KEY, 'x-ignore-this': 'a', policy: 'b', 'X-Amz-Signature': 'c', file: 'd' },
      },
    ],
    ['when a value needs escapes', { conditions: [{ key: 'a"\\b' }], fields: { key: 'a"\\b' } }],
    [
      'when a condition that takes any value has no field',
      { conditions: [KEY, ['starts-with', '$acl', '']], fields: KEY },
    ],
    ['at the last moment', { conditions: [KEY], fields: KEY, now: IN_TIME + 1 }],
  ])('%s', (_, posted) => {
    expect(() => post(posted)).not.toThrow();
  });
});

describe('a form does not meet its policy', () => {
  it.each<[string, Posted, string]>([
    ['when it is too late', { conditions: [KEY], fields: KEY, now: IN_TIME + 2 }, 'Policy expired.'],
    [
      'when a field has another value',
      { conditions: [{ acl: 'private' }, KEY], fields: { ...KEY, acl: 'public-read' } },
      'Policy Condition failed: ["eq", "$acl", "private"]',
    ],
    [
      'when a value has other letter case',
      { conditions: [{ key: 'A' }], fields: { key: 'a' } },
      'Policy Condition failed: ["eq", "$key", "A"]',
    ],
    [
      'when a field begins otherwise',
      { conditions: [['starts-with', '$key', 'user/anna/']], fields: KEY },
      'Policy Condition failed: ["starts-with", "$key", "user/anna/"]',
    ],
    [
      'when one of several types begins otherwise',
      {
        conditions: [ANY_KEY, ['starts-with', '$Content-Type', 'image/']],
        fields: { ...KEY, 'Content-Type': 'image/jpg,text/plain' },
      },
      'Policy Condition failed: ["starts-with", "$Content-Type", "image/"]',
    ],
    [
      'when a field is missing that must have a value',
      { conditions: [KEY, ['starts-with', '$x-amz-meta-foo', 'bar']], fields: KEY },
      'Policy Condition failed: ["starts-with", "$x-amz-meta-foo", "bar"]',
    ],
    [
      'when it is for another bucket, whatever a field says',
      { conditions: [KEY, { bucket: 'other' }], fields: { ...KEY, bucket: 'other' } },
      'Policy Condition failed: ["eq", "$bucket", "other"]',
    ],
    [
      'when the name of the field has no dollar sign',
      { conditions: [['eq', 'key', 'a']], fields: { key: 'a' } },
      'Policy Condition failed: ["eq", "key", "a"]',
    ],
    [
      'when fields have no condition',
      { conditions: [KEY], fields: { ...KEY, acl: 'private', 'x-amz-meta-a': 'b' } },
      'Extra input fields: acl, x-amz-meta-a',
    ],
    [
      'when the fields about the signature have none',
      { conditions: [KEY], fields: { ...KEY, 'x-amz-date': '20151229T000000Z' } },
      'Extra input fields: x-amz-date',
    ],
  ])('%s', (_, posted, reason) => {
    expect(() => post(posted)).toThrow(
      expect.objectContaining({ code: 'AccessDenied', message: `Invalid according to Policy: ${reason}` }),
    );
  });
});

describe('the length of the file', () => {
  const RANGE = 'content-length-range';

  it.each<[string, unknown[], { min: number; max: number } | undefined]>([
    ['is bounded on both sides', [[RANGE, 1, 10]], { min: 1, max: 10 }],
    ['is bounded by numbers in quotes', [['Content-Length-Range', '1', '10']], { min: 1, max: 10 }],
    [
      'has to meet every bound',
      [
        [RANGE, 1, 10],
        [RANGE, 5, 20],
      ],
      { min: 5, max: 10 },
    ],
    ['is not bounded unless the policy says so', [KEY], undefined],
  ])('%s', (_, conditions, range) => {
    expect(policyOf(...conditions).lengthRange).toEqual(range);
  });
});

describe('a policy is refused', () => {
  const valid = { expiration: EXPIRATION, conditions: [KEY] };
  const unreadable = 'Invalid JSON.';

  it.each<[string, unknown, string]>([
    ['that is no JSON', '{', unreadable],
    ['that is no object', '"policy"', ''],
    ['without an expiration', { conditions: [] }, 'Policy missing expiration.'],
    ['with an expiration in other letter case', { EXPIRATION, conditions: [] }, 'Policy missing expiration.'],
    [
      'with a date that is not ISO 8601 in UTC',
      { ...valid, expiration: '2015-10-17 03:15:59 UTC' },
      "Invalid 'expiration' value: '2015-10-17 03:15:59 UTC'",
    ],
    [
      'with an offset from UTC',
      { ...valid, expiration: '2011-09-13T07:52:58+02:00' },
      "Invalid 'expiration' value: '2011-09-13T07:52:58+02:00'",
    ],
    ['without conditions', { expiration: EXPIRATION }, 'Policy missing conditions.'],
    [
      'with conditions that are no list',
      { ...valid, conditions: {} },
      "Invalid 'conditions' value: must be a List.",
    ],
    [
      'with an empty condition',
      { ...valid, conditions: [{}] },
      'Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.',
    ],
    [
      'with two conditions in one',
      { ...valid, conditions: [{ acl: 'private', key: 'a' }] },
      'Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.',
    ],
    [
      'with a value that is no text',
      { ...valid, conditions: [{ 'Content-Length': 5 }] },
      'Invalid Simple-Condition: value must be a string.',
    ],
    [
      'with a condition of nothing',
      { ...valid, conditions: [[]] },
      'Invalid Condition: missing operation identifier.',
    ],
    [
      'with an operator that there is not',
      { ...valid, conditions: [['ends-with', '$key', 'a']] },
      "Invalid Condition: unknown operation 'ends-with'.",
    ],
    [
      'with an operand too few',
      { ...valid, conditions: [['eq', '$key']] },
      'Invalid eq: expecting a field and a value, both strings.',
    ],
    [
      'with one bound of the length',
      { ...valid, conditions: [['content-length-range', 0]] },
      'Invalid content-length-range: expecting two numbers of bytes.',
    ],
    [
      'with a negative bound of the length',
      { ...valid, conditions: [['content-length-range', -1, 0]] },
      'Invalid content-length-range: expecting two numbers of bytes.',
    ],
  ])('%s', (_, document, reason) => {
    expect(() => readPolicy(encode(document))).toThrow(
      expect.objectContaining({
        code: 'InvalidPolicyDocument',
        message: expect.stringContaining(`Invalid Policy: ${reason}`),
      }),
    );
  });

  it('is read with the escapes that AWS has and JSON does not', () => {
    const text = `{"expiration": "${EXPIRATION}", "conditions": [{"key": "\\$a\\v\\\\$b"}]}`;
    const [condition] = readPolicy(encode(text)).conditions;
    expect(condition?.value).toBe('$a\u000b\\$b');
  });
});
