import { describe, expect, it } from 'vitest';
import { readPolicy } from '../../../src/s3/post/policy.js';
import { parseFormClaim, verifyForm } from '../../../src/s3/sigv4/form-claim.js';

/** AWS, "Example: Browser-Based Upload using HTTP POST (Using AWS Signature Version 4)", and its example credentials. */
const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const LINES = [
  '{ "expiration": "2015-12-30T12:00:00.000Z",',
  '  "conditions": [',
  '    {"bucket": "sigv4examplebucket"},',
  '    ["starts-with", "$key", "user/user1/"],',
  '    {"acl": "public-read"},',
  '    {"success_action_redirect": "http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html"},',
  '    ["starts-with", "$Content-Type", "image/"],',
  '    {"x-amz-meta-uuid": "14365123651274"},',
  '    {"x-amz-server-side-encryption": "AES256"},',
  '    ["starts-with", "$x-amz-meta-tag", ""],',
  '',
  '    {"x-amz-credential": "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request"},',
  '    {"x-amz-algorithm": "AWS4-HMAC-SHA256"},',
  '    {"x-amz-date": "20151229T000000Z" }',
  '  ]',
  '}',
];
const FIELDS = {
  'x-amz-algorithm': 'AWS4-HMAC-SHA256',
  'x-amz-credential': 'AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request',
  'x-amz-date': '20151229T000000Z',
  policy: Buffer.from(LINES.join('\r\n')).toString('base64'),
  'x-amz-signature': '8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e',
};

const claimOf = (changed: Readonly<Record<string, string | undefined>> = {}) => {
  const fields = Object.entries({ ...FIELDS, ...changed });
  return parseFormClaim(new Map(fields.filter((field): field is [string, string] => field[1] !== undefined)));
};

function verify(changed = {}, secret = SECRET): void {
  const claim = claimOf(changed);
  if (!claim) throw new Error('the form counts as anonymous');
  verifyForm(claim, secret);
}

describe('the example of AWS', () => {
  it('has the signature that AWS publishes', () => {
    expect(() => verify()).not.toThrow();
  });

  it('has a policy that can be read', () => {
    expect(readPolicy(FIELDS.policy).conditions).toHaveLength(11);
  });
});

describe('a signature does not hold', () => {
  it.each([
    ['of another policy', { policy: Buffer.from('{}').toString('base64') }],
    [
      'of another day',
      {
        'x-amz-credential': FIELDS['x-amz-credential'].replace('1229', '1228'),
        'x-amz-date': '20151228T000000Z',
      },
    ],
    [
      'of another region',
      { 'x-amz-credential': FIELDS['x-amz-credential'].replace('us-east-1', 'eu-west-1') },
    ],
    ['that was changed', { 'x-amz-signature': FIELDS['x-amz-signature'].replace('8a', '8b') }],
    ['that is none', { 'x-amz-signature': 'ü' }],
  ])('%s', (_, changed) => {
    expect(() => verify(changed)).toThrow(expect.objectContaining({ code: 'SignatureDoesNotMatch' }));
  });

  it('under another secret', () => {
    expect(() => verify({}, 'other')).toThrow(expect.objectContaining({ code: 'SignatureDoesNotMatch' }));
  });
});

describe('a form is refused', () => {
  it.each([
    ['without its algorithm', { 'x-amz-algorithm': undefined }, 'InvalidArgument', "'X-Amz-Algorithm'"],
    ['without its credential', { 'x-amz-credential': undefined }, 'InvalidArgument', "'X-Amz-Credential'"],
    ['without its date', { 'x-amz-date': undefined }, 'InvalidArgument', "'X-Amz-Date'"],
    ['without its policy', { policy: undefined }, 'InvalidArgument', "'Policy'"],
    ['without its signature', { 'x-amz-signature': undefined }, 'InvalidArgument', "'X-Amz-Signature'"],
    [
      'with a credential of another service',
      { 'x-amz-credential': 'A/20151229/r/ec2/aws4_request' },
      'InvalidArgument',
      'ec2',
    ],
    [
      'with a credential of another day than its date',
      { 'x-amz-date': '20151230T000000Z' },
      'InvalidArgument',
      '20151230',
    ],
    ['with a date that is none', { 'x-amz-date': 'today' }, 'InvalidArgument', 'X-Amz-Date'],
    [
      'that is signed otherwise',
      { 'x-amz-algorithm': 'AWS4-ECDSA-P256-SHA256' },
      'InvalidRequest',
      'AWS4-HMAC-SHA256',
    ],
    [
      'that is signed as Signature Version 2 has it',
      { awsaccesskeyid: 'A', signature: 'b' },
      'InvalidRequest',
      'AWS4-HMAC-SHA256',
    ],
    ['with temporary credentials', { 'x-amz-security-token': 'token' }, 'InvalidToken', 'not supported'],
  ])('%s', (_, changed, code, said) => {
    expect(() => claimOf(changed)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(said) }),
    );
  });

  it('not because it is anonymous', () => {
    expect(
      parseFormClaim(
        new Map([
          ['key', 'a'],
          ['policy', FIELDS.policy],
        ]),
      ),
    ).toBeUndefined();
  });
});
