import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { parseAuthentication } from '../../src/s3/sigv4/authentication.js';
import { signRequest } from '../../src/s3/sigv4/sign.js';
import { verifySignature } from '../../src/s3/sigv4/verify.js';
import { awsChunked } from '../support/aws-chunked.js';
import { type Account, BucketClient } from '../support/bucket-client.js';
import { penumbra } from '../support/penumbra.js';
import { sha256 } from '../support/sigv4.js';
import { describeMoves, type Move, newBucketName, PASSWORD } from './scenarios.js';

const md5 = (content: string) => createHash('md5').update(content).digest('base64');

interface Message {
  readonly method: 'PUT' | 'POST';
  readonly path: string;
  readonly query?: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The fields that sign a message to the gateway. */
function signed({ endpoint, region, ...credentials }: Account, { method, path, query, headers }: Message) {
  const fields = { host: new URL(endpoint).host, ...headers };
  const payloadHash = headers['x-amz-content-sha256'] ?? 'UNSIGNED-PAYLOAD';
  const parameters = query === undefined ? [] : [[query, ''] as const];
  const now = Date.now();
  return {
    ...fields,
    ...signRequest({
      method,
      path,
      query: parameters,
      headers: fields,
      payloadHash,
      credentials,
      region,
      now,
    }),
  };
}

async function send(
  account: Account,
  message: Message,
  body: string | Buffer,
): Promise<{ status: number; said: string }> {
  const { method, path, query } = message;
  const target = query === undefined ? path : `${path}?${query}`;
  const headers = signed(account, message);
  const outgoing = request(new URL(target, account.endpoint), { method, headers }).end(body);
  const [answer] = await once(outgoing, 'response');
  return { status: answer.statusCode, said: (await buffer(answer)).toString() };
}

/** Bytes as a client sends them in signed chunks. */
function chunked(account: Account, path: string, payload: Buffer) {
  const length = (body: Buffer) => ({ 'content-length': String(body.length) });
  const headers = {
    'content-encoding': 'aws-chunked',
    'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
    'x-amz-decoded-content-length': String(payload.length),
  };
  const chunkSize = 8_192;
  const unsigned: Message = { method: 'PUT', path, headers };
  const message = {
    ...unsigned,
    headers: { ...headers, ...length(awsChunked(payload, { chunkSize, seed: seedOf(account, unsigned) })) },
  };
  return { message, body: awsChunked(payload, { chunkSize, seed: seedOf(account, message) }) };
}

function seedOf(account: Account, message: Message) {
  const { method, path: rawPath } = message;
  const authentication = parseAuthentication({
    method,
    rawPath,
    rawQuery: '',
    headers: signed(account, message),
  });
  if (authentication === undefined) throw new Error('not signed');
  return verifySignature(authentication, account.secretAccessKey, Date.now());
}

describeMoves(
  (world) => {
    let move: Move;

    beforeAll(async () => {
      const flags = world().scenario.target === 'disk' ? ['--shadow-write-through'] : [];
      move = await world().move((old) => old.put('old', 'of the past'), ...flags);
    });

    afterEach(async () => {
      expect(await move.bucket.keys()).toEqual(['old']);
      expect(await move.old.keys()).toEqual(['old']);
      expect(await move.bucket.text('old')).toBe('of the past');
    });

    const put = (key: string, body: string, settings = {}) => move.bucket.put(key, body, settings);
    const failure = (name: string, httpStatusCode: number) => ({ name, $metadata: { httpStatusCode } });

    test('a wrong secret, and a key that nobody has', async () => {
      const wrong = new BucketClient({ ...move.bucket.account, secretAccessKey: 'wrong' }, move.bucket.name);
      await expect(wrong.get('old')).rejects.toMatchObject(failure('SignatureDoesNotMatch', 403));
      await expect(wrong.put('new', 'x')).rejects.toMatchObject(failure('SignatureDoesNotMatch', 403));
      const nobody = new BucketClient({ ...move.bucket.account, accessKeyId: 'NOBODY' }, move.bucket.name);
      await expect(nobody.put('new', 'x')).rejects.toMatchObject(failure('InvalidAccessKeyId', 403));
    });

    test('an expired URL', async () => {
      const { sdk, name: Bucket } = move.bucket;
      const old = { expiresIn: 60, signingDate: new Date(Date.now() - 3_600_000) };
      for (const [method, command] of [
        ['GET', new GetObjectCommand({ Bucket, Key: 'old' })],
        ['PUT', new PutObjectCommand({ Bucket, Key: 'new' })],
      ] as const) {
        const url = await getSignedUrl(sdk, command, old);
        const answer = await fetch(url, { method, ...(method === 'PUT' && { body: 'late' }) });
        expect(answer.status).toBe(403);
        expect(await answer.text()).toMatch(/<Code>AccessDenied<\/Code><Message>Request has expired/);
      }
    });

    test('an MD5 or a checksum of something else', async () => {
      await expect(put('new', 'this', { ContentMD5: md5('that') })).rejects.toMatchObject(
        failure('BadDigest', 400),
      );
      await expect(put('old', 'this', { ContentMD5: md5('that') })).rejects.toMatchObject(
        failure('BadDigest', 400),
      );
      await expect(put('new', 'this', { ContentMD5: 'none' })).rejects.toMatchObject(
        failure('InvalidDigest', 400),
      );
      await expect(put('new', 'this', { ChecksumCRC32: 'AAAAAA==' })).rejects.toMatchObject(
        failure('BadDigest', 400),
      );
      const headers = { 'x-amz-content-sha256': sha256('that'), 'content-length': '4' };
      const message = { method: 'PUT', path: `/${move.bucket.name}/new`, headers } as const;
      expect(await send(move.bucket.account, message, 'this')).toMatchObject({
        status: 400,
        said: expect.stringContaining('<Code>XAmzContentSHA256Mismatch</Code>'),
      });
    });

    test('a chunk that was tampered with', async () => {
      const { account, name } = move.bucket;
      const { message, body } = chunked(account, `/${name}/new`, Buffer.alloc(200_000, 'x'));
      const untouched = await send(account, message, body);
      expect(untouched).toEqual({ status: 200, said: '' });
      await move.bucket.delete('new');
      await expect.poll(() => move.old.has('new')).toBe(false);
      body[body.lastIndexOf('xxx')] = 'y'.charCodeAt(0);
      expect(await send(account, message, body)).toMatchObject({
        status: 403,
        said: expect.stringContaining('<Code>SignatureDoesNotMatch</Code>'),
      });
    });

    test('a body that ends early', async () => {
      const url = new URL(
        await getSignedUrl(move.bucket.sdk, new PutObjectCommand({ Bucket: move.bucket.name, Key: 'new' })),
      );
      const socket = connect(Number(url.port), '127.0.0.1');
      const head = `PUT ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\nContent-Length: 200000\r\n\r\n`;
      socket.end(head + 'x'.repeat(150_000));
      expect(await text(socket)).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    });

    test('XML that is none, or not what was asked for', async () => {
      const { account, name } = move.bucket;
      for (const body of [
        '<Delete><Object><Key>old</Key>',
        '<Delete/>',
        'old',
        '<!DOCTYPE x [<!ENTITY a "b">]><Delete/>',
      ]) {
        const headers = { 'content-length': String(body.length), 'content-md5': md5(body) };
        const answer = await send(
          account,
          { method: 'POST', path: `/${name}`, query: 'delete', headers },
          body,
        );
        expect(answer).toMatchObject({
          status: 400,
          said: expect.stringContaining('<Code>MalformedXML</Code>'),
        });
      }
    });

    test('a bucket that is not there, or not the key’s', async () => {
      const other = new BucketClient(move.bucket.account, newBucketName());
      await expect(other.put('new', 'x')).rejects.toMatchObject(failure('AccessDenied', 403));
      await expect(other.create()).rejects.toMatchObject(failure('AccessDenied', 403));
      expect((await fetch(`${move.bucket.account.endpoint}/${other.name}/key`)).status).toBe(403);
    });

    test.each([
      [
        'nobody listens',
        { '--shadow-endpoint': 'http://127.0.0.1:1' },
        1,
        'shadow not reachable: connect ECONNREFUSED',
      ],
      [
        'the endpoint has no scheme',
        { '--shadow-endpoint': 'localhost:9000' },
        2,
        '--shadow-endpoint "localhost:9000"',
      ],
      ['the access key is wrong', { '--shadow-access-key': 'NOBODY' }, 1, 'shadow refused the access key'],
      ['the secret key is wrong', { '--shadow-secret-key': 'wrong' }, 1, 'SignatureDoesNotMatch'],
      [
        'there is no such bucket',
        { '--shadow-name': 'no-such-bucket' },
        1,
        'shadow has no such bucket: "no-such-bucket"',
      ],
    ])('a shadow that cannot be used: %s', async (_, change, exitCode, reason) => {
      const { gateway, legacy, storage } = world();
      const name = newBucketName();
      const flags = {
        '--shadow-name': move.old.name,
        '--shadow-endpoint': legacy.endpoint,
        '--shadow-region': legacy.region,
        '--shadow-access-key': legacy.accessKeyId,
        '--shadow-secret-key': legacy.secretAccessKey,
        ...change,
      };
      const env = { PENUMBRA_URL: gateway.url, PENUMBRA_ADMIN_PASSWORD: PASSWORD };
      const args = ['storage', 'create', '-n', name, ...Object.entries(flags).flat()];
      const { code, stdout, stderr } = await penumbra(args, { env });
      expect([code, stdout]).toEqual([exitCode, '']);
      expect(stderr).toMatch(/^error: [^\n]+\n$/);
      expect(stderr).toContain(reason);
      expect(stderr).not.toContain(legacy.secretAccessKey);
      const { buckets } = await storage('list');
      expect(buckets.map(({ bucket }: { bucket: string }) => bucket)).not.toContain(name);
    });
  },
  { only: ({ target, legacy }) => (target === 'disk') !== (legacy === 'RGW') },
);
