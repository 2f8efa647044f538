import { describe, expect, it } from 'vitest';
import type { HeaderFields } from '../../../src/s3/message.js';
import { type IncomingRequest, parseAuthentication } from '../../../src/s3/sigv4/authentication.js';
import { presignUrl } from '../../../src/s3/sigv4/presign.js';
import { signRequest } from '../../../src/s3/sigv4/sign.js';
import { verifySignature } from '../../../src/s3/sigv4/verify.js';
import { sha256 } from '../../support/sigv4.js';

const now = Date.UTC(2026, 1, 3, 4, 5, 6);
const minute = 60_000;
const host = 'localhost:9000';
const credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret' };
const payloadHash = sha256('');

function signed(
  headers: HeaderFields = {},
  options: { path?: string; region?: string } = {},
): IncomingRequest {
  const path = options.path ?? '/bucket/key';
  const toSign = { ...headers, host };
  const request = { method: 'GET', path, query: [], headers: toSign, payloadHash, credentials, now };
  const added = signRequest({ ...request, region: options.region ?? 'us-east-1' });
  return { method: 'GET', rawPath: path, rawQuery: '', headers: { ...toSign, ...added } };
}

function withHeaders(request: IncomingRequest, headers: HeaderFields): IncomingRequest {
  return { ...request, headers: { ...request.headers, ...headers } };
}

function without(request: IncomingRequest, name: string): IncomingRequest {
  const { [name]: _, ...headers } = request.headers;
  return { ...request, headers };
}

function withAuthorization(change: (authorization: string) => string): IncomingRequest {
  const request = signed();
  return withHeaders(request, { authorization: change(request.headers.authorization ?? '') });
}

function presigned(expiresIn = 60): IncomingRequest {
  const url = new URL(
    presignUrl({
      method: 'GET',
      origin: `http://${host}`,
      path: '/bucket/key',
      expiresIn,
      credentials,
      region: 'auto',
      now,
    }),
  );
  return { method: 'GET', rawPath: url.pathname, rawQuery: url.search.slice(1), headers: { host } };
}

function withQuery(change: (query: string) => string): IncomingRequest {
  const request = presigned();
  return { ...request, rawQuery: change(request.rawQuery) };
}

function authenticate(request: IncomingRequest, at = now) {
  const authentication = parseAuthentication(request);
  return authentication && verifySignature(authentication, credentials.secretAccessKey, at);
}

function refused(code: string, message?: string | RegExp) {
  return expect.objectContaining({
    code,
    ...(message && { message: expect.stringMatching(message) }),
  });
}

describe('a signature in the Authorization header', () => {
  it('names the access key when it holds', () => {
    expect(authenticate(signed())).toMatchObject({ accessKeyId: 'AKID', payloadHash });
  });

  it('may be for any region', () => {
    for (const region of ['us-east-1', 'auto', 'Mars', 'garage-1']) {
      expect(authenticate(signed({}, { region }))).toBeDefined();
    }
  });

  it('may be dated by the Date field alone', () => {
    const request = without(signed({ date: 'Tue, 03 Feb 2026 04:05:06 GMT' }), 'x-amz-date');
    expect(parseAuthentication(request)?.timestamp).toBe('20260203T040506Z');
  });

  it('may be up to 15 minutes off in time, and no more', () => {
    expect(authenticate(signed(), now + 15 * minute)).toBeDefined();
    expect(authenticate(signed(), now - 15 * minute)).toBeDefined();
    for (const at of [now + 15 * minute + 1, now - 15 * minute - 1]) {
      expect(() => authenticate(signed(), at)).toThrow(refused('RequestTimeTooSkewed'));
    }
  });

  it('is read alike whether its key was seen before or not', () => {
    const tail = (digits: string) => withAuthorization((text) => text.slice(0, -digits.length) + digits);
    for (const request of [signed({ 'x-amz-meta-a': '1' }), signed({ 'x-amz-meta-a': '2' })])
      expect(authenticate(request)).toMatchObject({ accessKeyId: 'AKID', scope: { region: 'us-east-1' } });
    expect(() => authenticate(tail('0'.repeat(64)))).toThrow(refused('SignatureDoesNotMatch'));
    for (const request of [tail('0'.repeat(63).padStart(64, 'g')), tail(', Signature=0')])
      expect(() => authenticate(request)).toThrow(refused('AuthorizationHeaderMalformed', /Signature/));
    const another = withHeaders(signed(), { 'x-amz-date': '20260204T040506Z' });
    expect(() => authenticate(another)).toThrow(
      refused('AuthorizationHeaderMalformed', /Invalid credential date/),
    );
  });

  it('holds for every way to escape the same path', () => {
    const request = signed({}, { path: '/bucket/%C3%A9%20%2B~%28' });
    for (const rawPath of ['/bucket/%c3%a9%20+~(', '/%62ucket/%C3%A9%20%2B%7E%28']) {
      expect(authenticate({ ...request, rawPath })).toBeDefined();
    }
  });

  it('keeps dots and double slashes in the path apart', () => {
    const request = signed({}, { path: '/bucket/a/../b' });
    expect(authenticate(request)).toBeDefined();
    expect(() => authenticate({ ...request, rawPath: '/bucket/b' })).toThrow(
      refused('SignatureDoesNotMatch'),
    );
    expect(() => authenticate({ ...request, rawPath: '/bucket//a/../b' })).toThrow(
      refused('SignatureDoesNotMatch'),
    );
  });

  it('holds for header text whose UTF-8 ends in the byte 0xA0', () => {
    expect(authenticate(signed({ 'x-amz-meta-name': 'voil\u00c3\u00a0' }))).toBeDefined();
  });

  it('is refused for another secret, with what the server would have signed and without encryption keys', () => {
    const request = signed({ 'x-amz-server-side-encryption-customer-key': 'c2VjcmV0' });
    const authentication = parseAuthentication(request);
    if (!authentication) throw new Error('the request counts as anonymous');
    expect(() => verifySignature(authentication, 'other', now)).toThrow(
      expect.objectContaining({
        code: 'SignatureDoesNotMatch',
        fields: expect.objectContaining({
          AWSAccessKeyId: 'AKID',
          StringToSign: expect.stringContaining('20260203T040506Z'),
          CanonicalRequest: expect.not.stringContaining('c2VjcmV0'),
        }),
      }),
    );
  });

  it('has to cover Host and every x-amz-* field', () => {
    expect(() => authenticate(withHeaders(signed(), { 'x-amz-acl': 'public-read' }))).toThrow(
      expect.objectContaining({ code: 'AccessDenied', fields: { HeadersNotSigned: 'x-amz-acl' } }),
    );
    expect(() => authenticate(withAuthorization((text) => text.replace('host;', '')))).toThrow(
      expect.objectContaining({ code: 'AccessDenied', fields: { HeadersNotSigned: 'host' } }),
    );
  });

  it('does not have to cover what is not of S3', () => {
    expect(
      authenticate(withHeaders(signed(), { 'x-forwarded-for': '::1', range: 'bytes=0-1' })),
    ).toBeDefined();
  });

  it.each([
    ['no parameters', () => withAuthorization(() => 'AWS4-HMAC-SHA256 nonsense')],
    [
      'two signatures',
      () => withAuthorization((text) => `${text}, ${text.slice(text.indexOf('Signature='))}`),
    ],
    ['a second authorization', () => withAuthorization((text) => `${text},${text}`)],
    ['no signature', () => withAuthorization((text) => text.replace(/, Signature=.*/, ''))],
    ['a short signature', () => withAuthorization((text) => text.slice(0, -1))],
    ['another service', () => withAuthorization((text) => text.replace('/s3/', '/ec2/'))],
    ['a credential without a region', () => withAuthorization((text) => text.replace('/us-east-1', ''))],
    [
      'a credential of another day',
      () => withAuthorization((text) => text.replace('/20260203/', '/20260204/')),
    ],
    [
      'no names of header fields',
      () => withAuthorization((text) => text.replace(/SignedHeaders=[^,]*/, 'SignedHeaders=')),
    ],
  ])('is malformed with %s', (_, request) => {
    expect(() => authenticate(request())).toThrow(refused('AuthorizationHeaderMalformed'));
  });

  it('can name fields that every JavaScript object has, and is refused', () => {
    const request = withAuthorization((text) => text.replace('host;', '__proto__;constructor;host;'));
    expect(() => authenticate(request)).toThrow(refused('SignatureDoesNotMatch'));
  });

  it('needs a date', () => {
    expect(() => authenticate(without(signed(), 'x-amz-date'))).toThrow(
      refused('AccessDenied', /valid Date/),
    );
    expect(() => authenticate(withHeaders(signed(), { 'x-amz-date': '20260203T996199Z' }))).toThrow(
      refused('AccessDenied', /valid Date/),
    );
  });

  it('needs a payload hash', () => {
    expect(() => authenticate(without(signed(), 'x-amz-content-sha256'))).toThrow(
      refused('InvalidRequest', /x-amz-content-sha256/),
    );
  });
});

describe('a presigned URL', () => {
  it('is good until it expires', () => {
    expect(authenticate(presigned(60), now + minute)).toMatchObject({ payloadHash: 'UNSIGNED-PAYLOAD' });
    expect(() => authenticate(presigned(60), now + minute + 1)).toThrow(
      refused('AccessDenied', /^Request has expired$/),
    );
  });

  it('may be good for seven days', () => {
    expect(authenticate(presigned(604_800), now + 604_800_000)).toBeDefined();
  });

  it('is not good before its time', () => {
    expect(() => authenticate(presigned(), now - 16 * minute)).toThrow(
      refused('AccessDenied', /not valid yet/),
    );
  });

  it('does not admit x-amz-* fields that it does not cover', () => {
    expect(() => authenticate(withHeaders(presigned(), { 'x-amz-acl': 'public-read' }))).toThrow(
      refused('AccessDenied', /not signed/),
    );
  });

  it.each([
    ['without a parameter', (query: string) => query.replace(/X-Amz-Date=[^&]*&/, '')],
    ['of another algorithm', (query: string) => query.replace('AWS4-HMAC-SHA256', 'AWS4-ECDSA-P256-SHA256')],
    ['with a date of no form', (query: string) => query.replace(/X-Amz-Date=[^&]*/, 'X-Amz-Date=now')],
    ['that lasts no number of seconds', (query: string) => query.replace('Expires=60', 'Expires=soon')],
    ['that lasts no time', (query: string) => query.replace('Expires=60', 'Expires=0')],
    ['that lasts too long', (query: string) => query.replace('Expires=60', 'Expires=604801')],
    ['for another service', (query: string) => query.replace('%2Fs3%2F', '%2Fec2%2F')],
    ['of another day', (query: string) => query.replace('%2F20260203%2F', '%2F20260204%2F')],
    ['with two signatures', (query: string) => `${query}&X-Amz-Signature=${'0'.repeat(64)}`],
    ['with two signatures in another case', (query: string) => `${query}&x-amz-signature=${'0'.repeat(64)}`],
    ['with two dates', (query: string) => `${query}&X-Amz-Date=20260203T040506Z`],
    ['of a malformed credential', (query: string) => query.replace('aws4_request', 'aws5_request')],
  ])('is malformed: %s', (_, change) => {
    expect(() => authenticate(withQuery(change))).toThrow(refused('AuthorizationQueryParametersError'));
  });
});

describe('a request', () => {
  it('is anonymous without a signature', () => {
    expect(authenticate({ ...signed(), headers: { host } })).toBeUndefined();
  });

  it('cannot be signed in both ways', () => {
    const request = withHeaders(presigned(), { authorization: signed().headers.authorization ?? '' });
    expect(() => authenticate(request)).toThrow(refused('InvalidArgument', /Only one auth mechanism/));
  });

  it('cannot be signed with Signature Version 2 or another mechanism', () => {
    const unsupported = refused('InvalidRequest', /Please use AWS4-HMAC-SHA256/);
    for (const authorization of [
      'AWS AKID:c2lnbmF0dXJl',
      'Basic dXNlcjpwYXNz',
      'AWS4-ECDSA-P256-SHA256 x=y',
      '',
    ]) {
      expect(() => authenticate(withHeaders(signed(), { authorization }))).toThrow(unsupported);
    }
    const rawQuery = 'AWSAccessKeyId=AKID&Expires=1&Signature=c2ln';
    expect(() => authenticate({ ...signed(), rawQuery, headers: { host } })).toThrow(unsupported);
  });

  it('cannot use temporary credentials', () => {
    expect(() => authenticate(signed({ 'x-amz-security-token': 'token' }))).toThrow(refused('InvalidToken'));
    expect(() => authenticate(withQuery((query) => `${query}&X-Amz-Security-Token=token`))).toThrow(
      refused('InvalidToken'),
    );
  });

  it('cannot have a path that is not UTF-8', () => {
    expect(() => authenticate({ ...signed(), rawPath: '/bucket/%ff' })).toThrow(refused('InvalidURI'));
  });
});
