import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { UNSIGNED_PAYLOAD } from '../../src/s3/sigv4/canonical.js';
import { awsChunked } from '../support/aws-chunked.js';
import { sha256 } from '../support/sigv4.js';
import { type RawAnswer, ROOT, sign, startTestGateway, type TestGateway } from './harness.js';
import { signedHead, Wire } from './wire.js';

const MIB = 1024 * 1024;

let legacy: TestGateway;
let gateway: TestGateway;
let count = 0;
/** New for each group of tests. */
let bucket: string;
/** New for each test. */
let key: string;

beforeAll(async () => {
  [legacy, gateway] = await Promise.all([startTestGateway(), startTestGateway()]);
});

afterAll(async () => {
  await gateway.close();
  await legacy.close();
});

async function newBucket(settings?: Readonly<Record<string, unknown>>): Promise<void> {
  count += 1;
  bucket = `bucket-${count}`;
  await legacy.createBucket(bucket);
  await gateway.createBucket(bucket, settings && { shadow: shadow(settings) });
}

beforeEach(() => {
  key = `key-${++count}`;
});

const shadow = (settings = {}) => ({
  name: bucket,
  endpoint: legacy.url,
  region: 'us-east-1',
  access_key_id: ROOT.accessKeyId,
  secret_access_key: ROOT.secretAccessKey,
  ...settings,
});

interface Upload {
  readonly method?: string;
  /** Below the bucket. */
  readonly target?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request whose body goes out in chunks, as Node does it when it is told no length. */
function open({ method = 'PUT', target = `/${key}`, headers = {} }: Upload): ClientRequest {
  const path = `/${bucket}${target}`;
  const host = `127.0.0.1:${gateway.port}`;
  const described = { host, 'x-amz-content-sha256': UNSIGNED_PAYLOAD, ...headers };
  const signed = sign({ method, target: path, headers: described });
  const outgoing = request({
    host: '127.0.0.1',
    port: gateway.port,
    method,
    path,
    headers: { ...described, ...signed, 'transfer-encoding': 'chunked' },
  });
  outgoing.on('error', () => undefined).flushHeaders();
  return outgoing;
}

async function answerOf(outgoing: ClientRequest): Promise<RawAnswer> {
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  return { status: answer.statusCode ?? 0, headers: answer.headers, text: (await buffer(answer)).toString() };
}

function upload(body: string | Buffer, options: Upload = {}): Promise<RawAnswer> {
  const outgoing = open(options);
  if (body.length > 0) outgoing.write(body);
  outgoing.end();
  return answerOf(outgoing);
}

async function read(from: TestGateway, target = `/${key}`): Promise<string | undefined> {
  const { status, text } = await from.send({ target: `/${bucket}${target}` });
  return status === 404 ? undefined : text;
}

async function uploadsIn(place: TestGateway): Promise<number> {
  const { text } = await place.send({ target: `/${bucket}?uploads=` });
  return text.split('<Upload>').length - 1;
}

const md5 = (data: string | Buffer) => createHash('md5').update(data).digest('base64');
const LONG = Buffer.alloc(17 * MIB, 'penumbra ');

describe.each([
  ['without a shadow', undefined],
  ['with a shadow', {}],
  ['with a shadow that is written too', { write_through: true }],
])('a bucket %s', (_, settings) => {
  const places = () => (settings && 'write_through' in settings ? [gateway, legacy] : [gateway]);

  beforeAll(() => newBucket(settings));

  test('takes a short body in chunks as one object with its length', async () => {
    const headers = { 'content-md5': md5('hello'), 'x-amz-meta-a': 'b', 'content-type': 'text/x' };
    const answer = await upload('hello', { headers });
    expect(answer).toMatchObject({
      status: 200,
      headers: { etag: `"${createHash('md5').update('hello').digest('hex')}"` },
    });
    for (const place of places()) {
      const { text, headers: stored } = await place.send({ target: `/${bucket}/${key}` });
      expect(text).toBe('hello');
      expect(stored).toMatchObject({ 'content-length': '5', 'x-amz-meta-a': 'b', 'content-type': 'text/x' });
    }
  });

  test('takes a long one as an object in parts', async () => {
    const answer = await upload(LONG, { headers: { 'content-md5': md5(LONG), 'x-amz-meta-a': 'b' } });
    expect(answer).toMatchObject({ status: 200, text: '', headers: { etag: expect.stringMatching(/-2"$/) } });
    for (const place of places()) {
      const { text, headers } = await place.send({ target: `/${bucket}/${key}` });
      expect(sha256(text)).toBe(sha256(LONG));
      expect(headers).toMatchObject({ etag: answer.headers.etag, 'x-amz-meta-a': 'b' });
      expect(await uploadsIn(place)).toBe(0);
    }
  });

  test.each([
    ['a short body with another Content-MD5', 'short', { 'content-md5': md5('else') }, 'BadDigest'],
    [
      'a short body with another hash',
      'short',
      { 'x-amz-content-sha256': sha256('else') },
      'XAmzContentSHA256Mismatch',
    ],
    ['a long body with another Content-MD5', LONG, { 'content-md5': md5('else') }, 'BadDigest'],
    ['a long body with another checksum', LONG, { 'x-amz-checksum-crc32': 'AAAAAA==' }, 'BadDigest'],
  ])('refuses %s, and stores nothing', async (_case, body, headers, code) => {
    const answer = await upload(body, { headers });
    expect(answer).toMatchObject({ status: 400, text: expect.stringContaining(`<Code>${code}</Code>`) });
    for (const place of places()) {
      expect(await read(place)).toBeUndefined();
      expect(await uploadsIn(place)).toBe(0);
    }
  });

  test.each([
    ['short', Buffer.from('only this')],
    ['long', LONG],
  ])('stores nothing of a %s body whose client leaves', async (_case, body) => {
    const outgoing = open({});
    outgoing.write(body);
    if (body === LONG) await expect.poll(() => uploadsIn(gateway)).toBe(1);
    outgoing.destroy();
    for (const place of places()) {
      await expect.poll(() => uploadsIn(place)).toBe(0);
      expect(await read(place)).toBeUndefined();
    }
  });
});

describe('conditions', () => {
  test('are judged against what clients see', async () => {
    await newBucket({});
    await legacy.send({ method: 'PUT', target: `/${bucket}/${key}`, body: 'old' });
    for (const body of ['new', LONG]) {
      expect((await upload(body, { headers: { 'if-none-match': '*' } })).status).toBe(412);
    }
    expect(await read(gateway)).toBe('old');
    expect(await uploadsIn(gateway)).toBe(0);
  });

  test('of a long body need a length where nobody knows whether the store would judge them', async () => {
    await newBucket();
    const refused = await upload(LONG, { headers: { 'if-none-match': '*' } });
    expect(refused).toMatchObject({ status: 411, text: expect.stringContaining('MissingContentLength') });
    expect((await upload('short', { headers: { 'if-none-match': '*' } })).status).toBe(200);
    expect((await upload('again', { headers: { 'if-none-match': '*' } })).status).toBe(412);
  });
});

test('a body that began before its bucket was written through goes to both stores', async () => {
  await newBucket({});
  const short = open({ target: '/short' });
  const long = open({ target: '/long' });
  short.write('be');
  long.write(LONG);
  await expect.poll(() => uploadsIn(gateway)).toBe(1);
  await gateway.admin('PATCH', `/buckets/${bucket}`, { shadow: shadow({ write_through: true }) });
  await expect
    .poll(() => gateway.admin('GET', `/buckets/${bucket}`), { timeout: 30_000 })
    .toMatchObject({ shadow: { rung: 'write-through' } });
  short.end('gun');
  long.end('end');
  expect((await answerOf(short)).status).toBe(200);
  expect((await answerOf(long)).status).toBe(200);
  for (const place of [gateway, legacy]) {
    expect(await read(place, '/short')).toBe('begun');
    expect((await read(place, '/long'))?.length).toBe(LONG.length + 3);
  }
});

describe('other requests without a length', () => {
  beforeAll(() => newBucket());

  async function begin(): Promise<string> {
    const { text } = await gateway.send({ method: 'POST', target: `/${bucket}/${key}?uploads=` });
    return /<UploadId>(.*)<\/UploadId>/.exec(text)?.[1] ?? '';
  }

  test('send a part, and complete an upload', async () => {
    const uploadId = await begin();
    const part = await upload('part', { target: `/${key}?partNumber=1&uploadId=${uploadId}` });
    const list = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${part.headers.etag}</ETag></Part></CompleteMultipartUpload>`;
    const done = await upload(list, { method: 'POST', target: `/${key}?uploadId=${uploadId}` });
    expect(done.status).toBe(200);
    expect(await read(gateway)).toBe('part');
  });

  test('are told to say one when they are a part that is too long to be collected', async () => {
    const uploadId = await begin();
    const part = await upload(LONG, { target: `/${key}?partNumber=1&uploadId=${uploadId}` });
    expect(part).toMatchObject({ status: 411, text: expect.stringContaining('MissingContentLength') });
  });

  test('delete many objects', async () => {
    await gateway.send({ method: 'PUT', target: `/${bucket}/${key}`, body: 'x' });
    const list = `<Delete><Object><Key>${key}</Key></Object></Delete>`;
    const deleted = await upload(list, {
      method: 'POST',
      target: '?delete=',
      headers: { 'content-md5': md5(list) },
    });
    expect(deleted).toMatchObject({
      status: 200,
      text: expect.stringContaining(`<Deleted><Key>${key}</Key>`),
    });
    expect(await read(gateway)).toBeUndefined();
  });
});

describe.each([
  ['without a shadow', false],
  ['with a shadow that is written too', true],
])('an object of no bytes, %s', (_, isShadowed) => {
  beforeAll(() => newBucket(isShadowed ? { write_through: true } : undefined));

  async function expectEmpty(): Promise<void> {
    for (const place of isShadowed ? [gateway, legacy] : [gateway]) {
      const { status, headers, text } = await place.send({ target: `/${bucket}/${key}` });
      expect([status, headers['content-length'], text]).toEqual([200, '0', '']);
    }
  }

  test('can have a length', async () => {
    const put = await gateway.send({ method: 'PUT', target: `/${bucket}/${key}`, body: '' });
    expect(put.status).toBe(200);
    await expectEmpty();
  });

  test('can come in no chunks', async () => {
    expect((await upload('')).status).toBe(200);
    await expectEmpty();
  });

  test('can be aws-chunked', async () => {
    const body = awsChunked(Buffer.alloc(0), {
      chunkSize: 8_192,
      trailer: ['x-amz-checksum-crc32:AAAAAA=='],
    });
    const headers = {
      'content-encoding': 'aws-chunked',
      'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
      'x-amz-decoded-content-length': '0',
      'x-amz-trailer': 'x-amz-checksum-crc32',
    };
    expect((await gateway.send({ method: 'PUT', target: `/${bucket}/${key}`, headers, body })).status).toBe(
      200,
    );
    await expectEmpty();
    expect((await upload(body, { headers })).status).toBe(200);
    await expectEmpty();
  });

  test('can be made of a part of none', async () => {
    const begun = await gateway.send({ method: 'POST', target: `/${bucket}/${key}?uploads=` });
    const uploadId = /<UploadId>(.*)<\/UploadId>/.exec(begun.text)?.[1] ?? '';
    const target = `/${key}?partNumber=1&uploadId=${encodeURIComponent(uploadId)}`;
    const part = await upload('', { target });
    const body = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${part.headers.etag}</ETag></Part></CompleteMultipartUpload>`;
    const done = await gateway.send({
      method: 'POST',
      target: `/${bucket}/${key}?uploadId=${encodeURIComponent(uploadId)}`,
      body,
    });
    expect(done.status).toBe(200);
    await expectEmpty();
  });
});

describe('a request that announces no body', () => {
  const ask = async (method: string, target: string): Promise<number | undefined> => {
    const wire = await Wire.open(gateway);
    const [answer] = await wire.send(signedHead(gateway, { method, target })).until(1);
    wire.cut();
    return answer?.status;
  };

  test('creates a bucket, or an upload', async () => {
    expect(await ask('PUT', '/said-by-its-head')).toBe(200);
    expect(await ask('POST', '/said-by-its-head/k?uploads')).toBe(200);
  });

  test('has to say so where a body is expected', async () => {
    await newBucket();
    expect(await ask('PUT', `/${bucket}/${key}`)).toBe(411);
    expect(await ask('POST', `/${bucket}?delete`)).toBe(411);
  });
});
