import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { beforeEach, describe, expect, it } from 'vitest';
import { createMemoryBackend } from '../../../src/backends/memory/memory.js';
import { Allowance } from '../../../src/gateway/measured/allowance.js';
import { type MeasuredOptions, sendMeasured } from '../../../src/gateway/measured/measured.js';
import { CHECKSUM_HEADERS, type ChecksumAlgorithm, createChecksum } from '../../../src/s3/checksums.js';
import { S3Error } from '../../../src/s3/errors.js';
import type { HeaderFields, S3Request, S3Response } from '../../../src/s3/message.js';
import { systemClock } from '../../../src/system/clock.js';
import { createLogger } from '../../../src/system/logger.js';
import { StoreClient } from '../../support/store-client.js';

const SIZE = 10;
const HONOURED = { put: true, complete: true, match: true };

let store: StoreClient;
let asked: S3Request[];
let options: MeasuredOptions;
let logged: string[];
/** What the store answers in place of its own, by operation. */
let instead: Partial<Record<string, (request: S3Request) => Promise<S3Response>>>;

beforeEach(async () => {
  const { service } = createMemoryBackend({ name: 'memory', clock: systemClock, minPartSize: 1 });
  store = new StoreClient(service, 'bucket');
  await store.ask('PUT', '');
  asked = [];
  instead = {};
  logged = [];
  options = {
    service: async (request) => {
      asked.push(request);
      return (instead[request.operation] ?? service)(request);
    },
    conditionalWrites: HONOURED,
    allowance: new Allowance(1_000),
    log: createLogger({ stream: { write: (line: string) => logged.push(line) } }),
    pieceSize: SIZE,
  };
});

const bytesOf = (length: number): Buffer => Buffer.from('0123456789abc'.repeat(10)).subarray(0, length);

/** A body that comes in small chunks, and fails in the end with `failure`. */
async function* inChunks(bytes: Buffer, failure?: Error): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 3) yield bytes.subarray(at, at + 3);
  if (failure) throw failure;
}

function put(body: Readable | Buffer, headers: HeaderFields = {}, changed: Partial<S3Request> = {}) {
  return sendMeasured(
    {
      operation: 'PutObject',
      method: 'PUT',
      bucket: 'bucket',
      key: 'key',
      query: [],
      headers,
      body: Buffer.isBuffer(body) ? Readable.from(inChunks(body), { objectMode: false }) : body,
      signal: new AbortController().signal,
      ...changed,
    },
    options,
  );
}

const operations = () => asked.map(({ operation }) => operation);
const sent = (operation: string) => asked.filter((request) => request.operation === operation);

async function uploads(): Promise<number> {
  const { text } = await store.ask('GET', '', { query: 'uploads' });
  return text.split('<Upload>').length - 1;
}

function checksum(algorithm: ChecksumAlgorithm, bytes: Buffer): HeaderFields {
  const sum = createChecksum(algorithm);
  sum.update(bytes);
  return { [CHECKSUM_HEADERS[algorithm]]: sum.digest() };
}

function compositeETag(bytes: Buffer): string {
  const md5 = (data: Buffer) => createHash('md5').update(data);
  const parts = Array.from({ length: Math.ceil(bytes.length / SIZE) }, (_, index) =>
    md5(bytes.subarray(index * SIZE, (index + 1) * SIZE)).digest(),
  );
  return `"${md5(Buffer.concat(parts)).digest('hex')}-${parts.length}"`;
}

describe('a body without a length', () => {
  it.each([0, 1, 9, 10])('of %i bytes is one request with its length', async (length) => {
    const answer = await put(bytesOf(length), { 'x-amz-meta-a': 'b' });
    expect(answer).toMatchObject({ status: 200, headers: { etag: expect.not.stringContaining('-') } });
    expect(operations()).toEqual(['PutObject']);
    const { body, headers } = await store.ask('GET', 'key');
    expect(body).toEqual(bytesOf(length));
    expect(headers).toMatchObject({ 'content-length': String(length), 'x-amz-meta-a': 'b' });
  });

  it.each([11, 20, 21, 97])('of %i bytes is an upload in parts', async (length) => {
    const bytes = bytesOf(length);
    const answer = await put(bytes);
    expect(answer).toMatchObject({ status: 200, headers: { etag: compositeETag(bytes) } });
    expect(answer.headers).not.toHaveProperty('content-type');
    expect((await store.ask('GET', 'key')).body).toEqual(bytes);
    const lengths = sent('UploadPart').map(({ headers }) => Number(headers['content-length']));
    expect(lengths).toHaveLength(Math.ceil(length / SIZE));
    expect(lengths.slice(0, -1).every((size) => size === SIZE)).toBe(true);
    expect(await uploads()).toBe(0);
  });

  it('is given its ETag where the store forgets to tell it', async () => {
    const body = Buffer.from('<CompleteMultipartUploadResult><ETag></ETag></CompleteMultipartUploadResult>');
    instead.CompleteMultipartUpload = async () => ({ status: 200, headers: {}, body });
    expect((await put(bytesOf(15))).headers.etag).toBe(compositeETag(bytesOf(15)));
  });

  it('keeps metadata, tags and storage class, and sends a customer key with each request that needs it', async () => {
    const kept = {
      'content-type': 'image/png',
      'cache-control': 'no-store',
      'x-amz-meta-a': 'b',
      'x-amz-tagging': 'c=d',
      'x-amz-storage-class': 'STANDARD_IA',
    };
    const customerKey = { 'x-amz-server-side-encryption-customer-algorithm': 'AES256' };
    instead.CreateMultipartUpload = ({ headers, ...request }) =>
      store.open('POST', request.key, { query: 'uploads', headers: without(headers, customerKey) });
    instead.UploadPart = ({ query, body, headers }) =>
      store.open('PUT', 'key', {
        query: query.map((pair) => pair.join('=')).join('&'),
        headers: without(headers, customerKey),
        ...(body && { body }),
      });
    await put(bytesOf(15), { ...kept, ...customerKey, 'content-md5': 'x', 'x-amz-content-sha256': 'y' });
    const { 'x-amz-tagging': _, ...answered } = kept;
    expect((await store.ask('GET', 'key')).headers).toMatchObject({
      ...answered,
      'x-amz-tagging-count': '1',
    });
    const given = (operation: string) => sent(operation)[0]?.headers;
    expect(given('CreateMultipartUpload')).toEqual({ ...kept, ...customerKey });
    expect(given('UploadPart')).toEqual({ ...customerKey, 'content-length': '10' });
    expect(given('CompleteMultipartUpload')).toMatchObject(customerKey);
    expect(given('CompleteMultipartUpload')).not.toHaveProperty('x-amz-meta-a');
  });

  it.each<ChecksumAlgorithm>(['crc32', 'crc32c', 'crc64nvme'])(
    'keeps its %s, which is of the whole',
    async (algorithm) => {
      const given = checksum(algorithm, bytesOf(25));
      const expected = { ...given, 'x-amz-checksum-type': 'FULL_OBJECT' };
      expect((await put(bytesOf(25), given)).headers).toMatchObject(expected);
      const { headers } = await store.ask('HEAD', 'key', { headers: { 'x-amz-checksum-mode': 'ENABLED' } });
      expect(headers).toMatchObject(expected);
    },
  );

  it.each<ChecksumAlgorithm>(['sha1', 'sha256'])('has a %s of those of its parts', async (algorithm) => {
    const { headers } = await put(bytesOf(25), checksum(algorithm, bytesOf(25)));
    expect(headers).toMatchObject({
      [CHECKSUM_HEADERS[algorithm]]: expect.stringMatching(/-3$/),
      'x-amz-checksum-type': 'COMPOSITE',
    });
  });

  it('is judged by its conditions when it is completed', async () => {
    await store.put('key', 'there');
    expect((await put(bytesOf(15), { 'if-none-match': '*' })).status).toBe(412);
    expect(await store.text('key')).toBe('there');
    expect(await uploads()).toBe(0);
    expect((await put(bytesOf(15), { 'if-match': '*' })).status).toBe(200);
  });
});

describe('a body without a length is refused', () => {
  const refused = (code: string) => expect.objectContaining({ code });

  it('with a condition that the target may ignore, unless it is short', async () => {
    options = { ...options, conditionalWrites: { ...HONOURED, complete: false } };
    await expect(put(bytesOf(11), { 'if-none-match': '*' })).rejects.toEqual(refused('MissingContentLength'));
    await expect(put(bytesOf(11), { 'if-match': '*' })).rejects.toEqual(refused('MissingContentLength'));
    expect(asked).toEqual([]);
    expect((await put(bytesOf(10), { 'if-none-match': '*' })).status).toBe(200);
  });

  it('with a checksum that only a store could verify, unless it is short', async () => {
    const headers = { 'x-amz-checksum-xxhash64': 'AAAA' };
    await expect(put(bytesOf(11), headers)).rejects.toEqual(refused('MissingContentLength'));
    expect((await put(bytesOf(10), headers)).status).toBe(200);
  });

  it('where it is one part of an upload, or a document, and too long for one request', async () => {
    for (const operation of ['UploadPart', 'PutBucketPolicy', 'CompleteMultipartUpload'] as const) {
      await expect(put(bytesOf(11), {}, { operation })).rejects.toEqual(refused('MissingContentLength'));
    }
    expect(asked).toEqual([]);
  });

  it('while others hold too much, and not afterwards', async () => {
    options = { ...options, allowance: new Allowance(SIZE + 3) };
    let goOn: () => void = () => undefined;
    instead.PutObject = () =>
      new Promise((resolve) => {
        goOn = () => resolve({ status: 200, headers: {} });
      });
    const first = put(bytesOf(10));
    await expect.poll(() => asked.length).toBe(1);
    await expect(put(bytesOf(10))).rejects.toEqual(refused('SlowDown'));
    goOn();
    await first;
    for (let round = 0; round < 3; round++) expect((await put(bytesOf(97))).status).toBe(200);
  });
});

describe('nothing is committed, and no part is left', () => {
  it.each([5, 15, 45])('when the body fails after %i bytes', async (length) => {
    const failure = new S3Error('BadDigest');
    const body = Readable.from(inChunks(bytesOf(length), failure), { objectMode: false });
    await expect(put(body)).rejects.toBe(failure);
    expect(await store.text('key')).toBeUndefined();
    expect(await uploads()).toBe(0);
  });

  it('when the store refuses a part, which is the answer', async () => {
    instead.UploadPart = async () => ({ status: 507, headers: {}, body: Buffer.from('full') });
    expect(await put(bytesOf(25))).toMatchObject({ status: 507, body: Buffer.from('full') });
    expect(operations()).toEqual(['CreateMultipartUpload', 'UploadPart', 'AbortMultipartUpload']);
    expect(await uploads()).toBe(0);
  });

  it('when the store refuses in the end, after it has said 200', async () => {
    const body = Buffer.from('<Error><Code>InternalError</Code><Message>late</Message></Error>');
    instead.CompleteMultipartUpload = async () => ({ status: 200, headers: {}, body });
    expect(await put(bytesOf(25))).toMatchObject({ status: 500, body });
    expect(await uploads()).toBe(0);
  });

  it('when the client leaves, whose request ends no abort', async () => {
    const client = new AbortController();
    const body = Readable.from(inChunks(bytesOf(45), new S3Error('IncompleteBody')), { objectMode: false });
    client.abort();
    await expect(put(body, {}, { signal: client.signal })).rejects.toThrow();
    expect(sent('AbortMultipartUpload').map(({ signal }) => signal.aborted)).toEqual([false]);
  });

  it('but for parts that the store does not let go of, which the log tells', async () => {
    instead.UploadPart = async () => ({ status: 503, headers: {} });
    instead.AbortMultipartUpload = () => Promise.reject(new Error('gone'));
    expect((await put(bytesOf(25))).status).toBe(503);
    expect(logged.join()).toContain('an upload in parts could not be aborted');
  });
});

const without = (headers: HeaderFields, dropped: HeaderFields): HeaderFields =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !(name in dropped)));
