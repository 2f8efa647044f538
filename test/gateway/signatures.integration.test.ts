import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeKey } from '../../src/s3/keys.js';
import { presignUrl } from '../../src/s3/sigv4/presign.js';
import { signRequest } from '../../src/s3/sigv4/sign.js';
import { sha256 } from '../support/sigv4.js';
import { ROOT, startTestGateway, type TestGateway } from './harness.js';
import { signedHead, Wire } from './wire.js';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway({ config: { domain: 's3.example.com' } });
  await gateway.createBucket('bucket');
  await gateway.createBucket('with.dots.in-it', { public: true });
  await gateway.send({ method: 'PUT', target: '/bucket/old', body: 'old' });
});

afterAll(() => gateway.close());

const codeOf = (text: string) => /<Code>(\w+)</.exec(text)?.[1];

describe('a presigned URL of the AWS SDK', () => {
  test('writes an object, and reads it under the headers that it asks for', async () => {
    const s3 = gateway.sdk();
    const object = { Bucket: 'bucket', Key: 'by url/ä +' };
    const put = await getSignedUrl(s3, new PutObjectCommand({ ...object, Metadata: { colour: 'red' } }));
    expect((await fetch(put, { method: 'PUT', body: 'hello' })).status).toBe(200);
    const asked = {
      ResponseContentType: 'text/x-odd',
      ResponseContentDisposition: 'attachment; filename="ä"',
    };
    const got = await fetch(await getSignedUrl(s3, new GetObjectCommand({ ...object, ...asked })));
    expect(await got.text()).toBe('hello');
    expect(got.headers.get('content-type')).toBe('text/x-odd');
    expect(got.headers.get('content-disposition')).toContain('attachment');
    expect(got.headers.get('x-amz-meta-colour')).toBe('red');
  });

  test('writes a part of an upload', async () => {
    const s3 = gateway.sdk();
    const object = { Bucket: 'bucket', Key: 'parts' };
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(object));
    const part = new UploadPartCommand({ ...object, UploadId, PartNumber: 1 });
    const sent = await fetch(await getSignedUrl(s3, part), { method: 'PUT', body: 'part one' });
    const Parts = [{ PartNumber: 1, ETag: sent.headers.get('etag') ?? '' }];
    await s3.send(new CompleteMultipartUploadCommand({ ...object, UploadId, MultipartUpload: { Parts } }));
    expect((await gateway.send({ target: '/bucket/parts' })).text).toBe('part one');
  });

  test('is for one method, one key and one query', async () => {
    const url = await getSignedUrl(gateway.sdk(), new GetObjectCommand({ Bucket: 'bucket', Key: 'old' }));
    expect((await fetch(url)).status).toBe(200);
    for (const [method, other] of [
      ['HEAD', url],
      ['PUT', url],
      ['GET', url.replace('/old', '/new')],
      ['GET', `${url}&response-content-type=text/html`],
      ['GET', `${url}&versionId=1`],
    ] as const) {
      expect((await fetch(other, { method })).status).toBe(403);
    }
  });
});

describe('a virtual-hosted request', () => {
  const host = 'with.dots.in-it.s3.example.com';

  test('is signed over the host, dots in the bucket’s name and all', async () => {
    const put = { method: 'PUT', target: '/a/b', headers: { host }, body: 'dotted' };
    expect((await gateway.send(put)).status).toBe(200);
    expect((await gateway.send({ target: '/with.dots.in-it/a/b' })).text).toBe('dotted');
    const url = new URL(
      presignUrl({
        method: 'GET',
        origin: `http://${host}`,
        path: '/a/b',
        expiresIn: 60,
        credentials: ROOT,
        region: 'auto',
        now: Date.now(),
      }),
    );
    const target = url.pathname + url.search;
    expect((await gateway.send({ target, headers: { host }, credentials: null })).text).toBe('dotted');
    const elsewhere = { target, headers: { host: `other-${host}` }, credentials: null };
    expect(codeOf((await gateway.send(elsewhere)).text)).toBe('SignatureDoesNotMatch');
  });

  test('of anybody cannot ask for other headers than the object’s', async () => {
    const target = '/a/b?response-content-type=text/html';
    const answer = await gateway.send({ target, headers: { host }, credentials: null });
    expect([answer.status, codeOf(answer.text)]).toEqual([400, 'InvalidRequest']);
  });
});

describe('a signed header', () => {
  /** Sends lines as they stand, signed as `fields`. */
  async function put(key: string, lines: readonly string[], fields: Readonly<Record<string, string>>) {
    const path = `/bucket/${encodeKey(key)}`;
    const headers = { host: `127.0.0.1:${gateway.port}`, 'content-length': '0', ...fields };
    const signed = signRequest({
      method: 'PUT',
      path,
      query: [],
      headers,
      payloadHash: sha256(''),
      credentials: ROOT,
      region: 'eu',
      now: Date.now(),
    });
    const own = [`HOST: ${headers.host}`, 'CONTENT-LENGTH: 0'];
    const added = Object.entries(signed).map(([name, value]) => `${name.toUpperCase()}: ${value}`);
    const wire = await Wire.open(gateway);
    wire.send([`PUT ${path} HTTP/1.1`, ...own, ...lines, ...added, '', ''].join('\r\n'));
    const [answer] = await wire.until(1);
    wire.cut();
    return answer;
  }

  test.each([
    ['in any case', ['X-AMZ-META-A: b'], 'b'],
    ['with spaces around', ['x-amz-meta-a:   b  '], 'b'],
    ['with spaces within', ['x-amz-meta-a: b    c'], 'b c'],
    ['with a tab within', ['x-amz-meta-a: b\tc'], 'b c'],
    ['that comes twice', ['x-amz-meta-a: b', 'X-Amz-Meta-A: c'], 'b,c'],
    ['that is empty', ['x-amz-meta-a:'], ''],
    ['in UTF-8', ['x-amz-meta-a: \xc3\xa9'], '\xc3\xa9'],
  ])('may come %s', async (name, lines, signed) => {
    expect(await put(name, lines, { 'x-amz-meta-a': signed })).toMatchObject({ status: 200 });
    expect(await put(name, lines, { 'x-amz-meta-a': `${signed}!` })).toMatchObject({ status: 403 });
  });
});

describe('another way to say who one is', () => {
  const v2 = 'AWSAccessKeyId=root&Expires=4000000000&Signature=c2lnbmF0dXJl';

  test.each<[string, string, Readonly<Record<string, string>>, number, string]>([
    ['Signature Version 2', '/bucket/old', { authorization: 'AWS root:c2lnbmF0dXJl' }, 400, 'InvalidRequest'],
    ['a URL of Signature Version 2', `/bucket/old?${v2}`, {}, 400, 'InvalidRequest'],
    ['a password', '/bucket/old', { authorization: 'Basic cm9vdDpyb290' }, 400, 'InvalidRequest'],
    ['a bearer token', '/bucket/old', { authorization: 'Bearer abc' }, 400, 'InvalidRequest'],
    [
      'SigV4A',
      '/bucket/old',
      { authorization: 'AWS4-ECDSA-P256-SHA256 Credential=a' },
      400,
      'InvalidRequest',
    ],
  ])('%s is refused as AWS refuses what it does not support', async (_, target, headers, status, code) => {
    const answer = await gateway.send({ target, headers, credentials: null });
    expect([answer.status, codeOf(answer.text)]).toEqual([status, code]);
    expect(answer.text).toContain('Please use AWS4-HMAC-SHA256.');
  });

  test('two at once are refused', async () => {
    const url = new URL(
      await getSignedUrl(gateway.sdk(), new GetObjectCommand({ Bucket: 'bucket', Key: 'old' })),
    );
    for (const target of [url.pathname + url.search, `/bucket/old?${v2}`]) {
      const wire = await Wire.open(gateway);
      const [answer] = await wire.send(signedHead(gateway, { method: 'GET', target })).until(1);
      expect([answer?.status, codeOf(answer?.text ?? '')]).toEqual([400, 'InvalidArgument']);
      wire.cut();
    }
  });

  test('temporary credentials are refused, in the header and in the URL', async () => {
    const token = { 'x-amz-security-token': 'FwoGZXIvYXdzEXAMPLE' };
    const inHeader = await gateway.send({ target: '/bucket/old', headers: token });
    const credentials = { ...ROOT, sessionToken: 'FwoGZXIvYXdzEXAMPLE' };
    const get = new GetObjectCommand({ Bucket: 'bucket', Key: 'old' });
    const inUrl = await fetch(await getSignedUrl(gateway.sdk(credentials), get));
    for (const [status, text] of [
      [inHeader.status, inHeader.text],
      [inUrl.status, await inUrl.text()],
    ]) {
      expect([status, codeOf(String(text))]).toEqual([400, 'InvalidToken']);
    }
  });

  test('a payload that is not signed is taken, as long as it says so', async () => {
    const unsigned = { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };
    const put = { method: 'PUT', target: '/bucket/unsigned', headers: unsigned, body: 'anything' };
    expect((await gateway.send(put)).status).toBe(200);
    const odd = { ...put, headers: { 'x-amz-content-sha256': 'unsigned' } };
    expect(codeOf((await gateway.send(odd)).text)).toBe('InvalidArgument');
  });

  test('query parameters that come twice are signed both, in the order of their values', async () => {
    const target = '/bucket/old?x=2&x=1&x&X=0';
    expect((await gateway.send({ target })).text).toBe('old');
  });
});
