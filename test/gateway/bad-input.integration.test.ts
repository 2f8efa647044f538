import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAuthentication } from '../../src/s3/sigv4/authentication.js';
import { verifySignature } from '../../src/s3/sigv4/verify.js';
import { awsChunked } from '../support/aws-chunked.js';
import { sha256 } from '../support/sigv4.js';
import { type RawAnswer, ROOT, sign, startTestGateway, type TestGateway } from './harness.js';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
  await gateway.createBucket('bucket');
});

afterAll(() => gateway.close());

const md5 = (data: string) => createHash('md5').update(data).digest('base64');

function put(headers: Record<string, string>, body: string | Buffer = 'hello'): Promise<RawAnswer> {
  return gateway.send({ method: 'PUT', target: '/bucket/key', headers, body });
}

async function expectNothingStored(): Promise<void> {
  expect((await gateway.send({ method: 'HEAD', target: '/bucket/key' })).status).toBe(404);
}

describe('a body that is not what was announced', () => {
  test.each([
    ['Content-MD5 of something else', { 'content-md5': md5('else') }, 400, 'BadDigest'],
    ['Content-MD5 that is none', { 'content-md5': 'none' }, 400, 'InvalidDigest'],
    ['another SHA-256', { 'x-amz-content-sha256': sha256('else') }, 400, 'XAmzContentSHA256Mismatch'],
    ['another checksum', { 'x-amz-checksum-crc32': 'AAAAAA==' }, 400, 'BadDigest'],
  ])('%s: refused, and nothing is stored', async (_, headers, status, code) => {
    const answer = await put(headers);
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(`<Code>${code}</Code>`);
    await expectNothingStored();
  });

  test('a chunk that was tampered with: refused, and nothing is stored', async () => {
    const payload = Buffer.alloc(20_000, 'x');
    const headers = {
      host: `127.0.0.1:${gateway.port}`,
      'content-encoding': 'aws-chunked',
      'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
      'x-amz-decoded-content-length': String(payload.length),
    };
    const request = { method: 'PUT', target: '/bucket/key', headers };
    const length = String(awsChunked(payload, { chunkSize: 8_192, seed: seedOf(request) }).length);
    const signed = { ...request, headers: { ...headers, 'content-length': length } };
    const body = awsChunked(payload, { chunkSize: 8_192, seed: seedOf(signed) });
    expect((await gateway.send({ ...signed, body })).status).toBe(200);
    await gateway.send({ method: 'DELETE', target: '/bucket/key' });

    body[body.indexOf('xxx') + 1] = 'y'.charCodeAt(0);
    const answer = await gateway.send({ ...signed, body });
    expect(answer).toMatchObject({ status: 403, text: expect.stringContaining('SignatureDoesNotMatch') });
    await expectNothingStored();
  });

  test('cut off half-way: nothing is stored', async () => {
    const socket = connect(gateway.port, '127.0.0.1');
    socket.write(putHead(['Content-Length: 1000']).concat('only this'));
    socket.end();
    expect(await readText(socket)).toContain('400 Bad Request');
    await expectNothingStored();
  });
});

describe('a request that cannot be understood', () => {
  test.each([
    ['a bad escape', '/bucket/%zz', 400, 'InvalidURI'],
    ['a key that is no UTF-8', '/bucket/%ff', 400, 'InvalidURI'],
    ['a bucket that cannot exist', '/Bad_Bucket/k', 400, 'InvalidBucketName'],
    ['a key of 1,025 bytes', `/bucket/${'k'.repeat(1_025)}`, 400, 'KeyTooLongError'],
    ['an unknown bucket', '/unknown/k', 404, 'NoSuchBucket'],
  ])('%s', async (_, target, status, code) => {
    const raw = await rawAnswer(`GET ${target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`);
    const answer = target.includes('unknown') ? await gateway.send({ target }) : parseRaw(raw);
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(`<Code>${code}</Code>`);
  });

  test('malformed XML', async () => {
    const body = '<CreateBucketConfiguration><LocationConstraint>';
    const answer = await gateway.send({ method: 'PUT', target: '/new-bucket', body });
    expect(answer).toMatchObject({ status: 400, text: expect.stringContaining('<Code>MalformedXML</Code>') });
    expect((await gateway.send({ method: 'HEAD', target: '/new-bucket' })).status).toBe(404);
  });

  test('no HTTP at all', async () => {
    expect(await rawAnswer('GARBAGE\r\n\r\n')).toContain('400 Bad Request');
  });
});

test('after a refused upload the connection can still be used', async () => {
  const body = 'x'.repeat(300_000);
  const refused = `${putHead([`Content-Length: ${body.length}`], '/unknown/key')}${body}`;
  const next = 'GET /_/health/live HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n';
  const answers = await rawAnswer(refused + next);
  expect(answers).toContain('NoSuchBucket');
  expect(answers).toContain('{"status":"live"}');
});

describe('a client that asks first (Expect: 100-continue)', () => {
  test('is told to go on when the body is wanted', async () => {
    const answer = await rawPut(['Content-Length: 5', 'Expect: 100-continue'], 'hello');
    expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
    await gateway.send({ method: 'DELETE', target: '/bucket/key' });
  });

  test('is told no at once when it is not', async () => {
    const head = 'PUT /bucket/key HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n';
    const answer = await rawAnswer(head);
    expect(answer).toMatch(/^HTTP\/1\.1 403 Forbidden/);
    await expectNothingStored();
  });
});

function seedOf({
  method,
  target,
  headers,
}: {
  method: string;
  target: string;
  headers: Record<string, string>;
}) {
  const all = { ...headers, ...sign({ method, target, headers }) };
  const authentication = parseAuthentication({ method, rawPath: target, rawQuery: '', headers: all });
  if (authentication === undefined) throw new Error('not signed');
  return verifySignature(authentication, ROOT.secretAccessKey, Date.now());
}

function putHead(fields: string[], target = '/bucket/key'): string {
  const host = `127.0.0.1:${gateway.port}`;
  const headers = { host, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };
  const signed = { ...headers, ...sign({ method: 'PUT', target, headers }) };
  const lines = Object.entries(signed).map(([name, value]) => `${name}: ${value}`);
  return [`PUT ${target} HTTP/1.1`, ...lines, ...fields, '', ''].join('\r\n');
}

function rawPut(fields: string[], body: string): Promise<string> {
  return rawAnswer(putHead([...fields, 'Connection: close']) + body);
}

/** Sends text and resolves to all that comes back until the gateway closes the connection. */
function rawAnswer(text: string): Promise<string> {
  const socket = connect(gateway.port, '127.0.0.1');
  socket.write(text);
  return readText(socket);
}

function parseRaw(answer: string): { status: number; text: string } {
  return { status: Number(answer.split(' ')[1]), text: answer };
}
