import { createHash } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CHECKSUM_ALGORITHMS,
  CHECKSUM_HEADERS,
  type ChecksumAlgorithm,
  createChecksum,
} from '../../../src/s3/checksums.js';
import { S3Error } from '../../../src/s3/errors.js';
import type { HeaderFields } from '../../../src/s3/message.js';
import { type PayloadOptions, verifiedBody } from '../../../src/s3/payload/verified-body.js';
import { parseAuthentication } from '../../../src/s3/sigv4/authentication.js';
import { signRequest } from '../../../src/s3/sigv4/sign.js';
import { type VerifiedSignature, verifySignature } from '../../../src/s3/sigv4/verify.js';
import { awsChunked } from '../../support/aws-chunked.js';
import { sha256 } from '../../support/sigv4.js';

const now = Date.UTC(2013, 4, 24);
const credentials = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};

const SIGNED = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD';
const SIGNED_TRAILER = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER';
const UNSIGNED_TRAILER = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';

/** A signature that holds, over a request with these header fields. */
function verifiedFor(payloadHash: string, headers: HeaderFields = {}): VerifiedSignature {
  const fields = { host: 's3.amazonaws.com', ...headers };
  const path = '/examplebucket/chunkObject.txt';
  const request = { method: 'PUT', path, query: [], headers: fields, payloadHash, credentials };
  const added = signRequest({ ...request, region: 'us-east-1', now });
  const incoming = { method: 'PUT', rawPath: path, rawQuery: '', headers: { ...fields, ...added } };
  const authentication = parseAuthentication(incoming);
  if (!authentication) throw new Error('the request counts as anonymous');
  return verifySignature(authentication, credentials.secretAccessKey, now);
}

interface Outcome {
  bytes: Buffer;
  error: S3Error | undefined;
  trailers: HeaderFields;
}

/** Reads a body to its end or failure. */
async function read(pieces: Buffer[], options: Partial<PayloadOptions>): Promise<Outcome> {
  const defaults = { headers: {}, verified: undefined, contentLength: Buffer.concat(pieces).length };
  const source = Readable.from(pieces, { objectMode: false });
  const { body, trailers } = verifiedBody(source, { ...defaults, ...options });
  const chunks: Buffer[] = [];
  let error: S3Error | undefined;
  try {
    for await (const chunk of body) chunks.push(chunk);
  } catch (failure) {
    error = failure as S3Error;
  }
  return { bytes: Buffer.concat(chunks), error, trailers: trailers() };
}

function checksum(algorithm: ChecksumAlgorithm, data: Buffer): string {
  const sum = createChecksum(algorithm);
  sum.update(data);
  return sum.digest();
}

function md5(data: Buffer): string {
  return createHash('md5').update(data).digest('base64');
}

function cut(data: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0, i = 0; at < data.length; i++) {
    const size = sizes[i % sizes.length] ?? data.length;
    pieces.push(data.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

/** Lets the streams do all that they can for now. */
async function turn(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise(setImmediate);
}

function code(error: S3Error | undefined): string | undefined {
  return error?.code;
}

describe('the chunked uploads that AWS publishes', () => {
  const payload = Buffer.alloc(66_560, 'a');
  const common = {
    'x-amz-storage-class': 'REDUCED_REDUNDANCY',
    'content-encoding': 'aws-chunked',
    'x-amz-decoded-content-length': '66560',
  };
  const wire = (signatures: readonly string[], trailer: string) => {
    const [first, second, last] = signatures.map((signature) => `;chunk-signature=${signature}\r\n`);
    const [a, b] = [payload.subarray(0, 65_536), payload.subarray(65_536)];
    return Buffer.from(`10000${first}${a}\r\n400${second}${b}\r\n0${last}${trailer}\r\n`);
  };

  it('are read: signed chunks', async () => {
    const headers = { ...common, 'content-length': '66824' };
    const body = wire(
      [
        'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
        '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
        'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
      ],
      '',
    );
    expect(body.length).toBe(66_824);
    const { bytes, error } = await read([body], { headers, verified: verifiedFor(SIGNED, headers) });
    expect(error).toBeUndefined();
    expect(bytes.equals(payload)).toBe(true);
  });

  it('are read: signed chunks with a trailer', async () => {
    const headers = { ...common, 'x-amz-trailer': 'x-amz-checksum-crc32c' };
    const body = wire(
      [
        'b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2',
        '1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7',
        '2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992',
      ],
      'x-amz-checksum-crc32c:sOO8/Q==\r\n' +
        'x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n',
    );
    const verified = verifiedFor(SIGNED_TRAILER, headers);
    const { bytes, error, trailers } = await read([body], { headers, verified });
    expect(error).toBeUndefined();
    expect(bytes.equals(payload)).toBe(true);
    expect(trailers).toEqual({ 'x-amz-checksum-crc32c': 'sOO8/Q==' });
  });
});

interface Upload {
  wire: Buffer;
  options: Partial<PayloadOptions>;
}

/** The same payload in each form that a client can send it in, with all that the form can promise. */
const FORMS: Record<string, (payload: Buffer, chunkSize: number) => Upload> = {
  'plain, with its SHA-256': (payload) => ({
    wire: payload,
    options: { headers: {}, verified: verifiedFor(sha256(payload)) },
  }),
  'plain and anonymous, with Content-MD5': (payload) => ({
    wire: payload,
    options: { headers: { 'content-md5': md5(payload) } },
  }),
  'plain and unsigned, with a checksum': (payload) => ({
    wire: payload,
    options: {
      headers: { 'x-amz-checksum-crc64nvme': checksum('crc64nvme', payload) },
      verified: verifiedFor('UNSIGNED-PAYLOAD'),
    },
  }),
  'in signed chunks': (payload, chunkSize) => {
    const verified = verifiedFor(SIGNED);
    const headers = { 'x-amz-decoded-content-length': String(payload.length) };
    return { wire: awsChunked(payload, { chunkSize, seed: verified }), options: { headers, verified } };
  },
  'in signed chunks with a trailer': (payload, chunkSize) => {
    const verified = verifiedFor(SIGNED_TRAILER);
    const trailer = [`x-amz-checksum-sha1:${checksum('sha1', payload)}`];
    const headers = {
      'x-amz-decoded-content-length': String(payload.length),
      'x-amz-trailer': 'x-amz-checksum-sha1',
    };
    return {
      wire: awsChunked(payload, { chunkSize, trailer, seed: verified }),
      options: { headers, verified },
    };
  },
  'in unsigned chunks with a trailer': (payload, chunkSize) => {
    const trailer = [`x-amz-checksum-crc32:${checksum('crc32', payload)}`];
    const headers = {
      'x-amz-decoded-content-length': String(payload.length),
      'x-amz-trailer': 'x-amz-checksum-crc32',
    };
    const verified = verifiedFor(UNSIGNED_TRAILER);
    return { wire: awsChunked(payload, { chunkSize, trailer }), options: { headers, verified } };
  },
};

const payloads = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
const chunkSizes = fc.integer({ min: 1, max: 120 });
const cuts = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 5 });

describe.each(Object.entries(FORMS))('a body sent %s', (_, upload) => {
  it('comes out whole however the network cuts it', async () => {
    await fc.assert(
      fc.asyncProperty(payloads, chunkSizes, cuts, async (payload, chunkSize, sizes) => {
        const { wire, options } = upload(payload, chunkSize);
        const { bytes, error } = await read(cut(wire, sizes), options);
        expect(error).toBeUndefined();
        expect(bytes.equals(payload)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  it('never ends well with other bytes than were signed or summed', async () => {
    await fc.assert(
      fc.asyncProperty(
        payloads,
        chunkSizes,
        cuts,
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (...sample) => {
          const [payload, chunkSize, sizes, at, flip] = sample;
          const { wire, options } = upload(payload, chunkSize);
          fc.pre(wire.length > 0);
          const index = at % wire.length;
          wire[index] = (wire[index] ?? 0) ^ flip;
          const { bytes, error } = await read(cut(wire, sizes), options);
          if (error) expect(bytes.length).toBeLessThan(Math.max(payload.length, 1));
          else expect(bytes.equals(payload)).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('never ends well when it is cut short', async () => {
    await fc.assert(
      fc.asyncProperty(payloads, chunkSizes, fc.nat(), async (payload, chunkSize, at) => {
        const { wire, options } = upload(payload, chunkSize);
        fc.pre(payload.length > 0);
        const short = wire.subarray(0, at % wire.length);
        const { bytes, error } = await read([short], { contentLength: wire.length, ...options });
        if (error) expect(bytes.length).toBeLessThan(payload.length);
        // What is left out after the last chunk and its signature takes nothing away.
        else expect(wire.subarray(short.length).toString()).toMatch(/^\r?\n?\r?\n$/);
      }),
      { numRuns: 150 },
    );
  });
});

describe('the error of a body', () => {
  const payload = Buffer.from('Welcome to Amazon S3.');
  const other = Buffer.from('Welcome to Amazon S4.');

  it('is XAmzContentSHA256Mismatch for another SHA-256, signed or not', async () => {
    const anonymous = await read([other], { headers: { 'x-amz-content-sha256': sha256(payload) } });
    const verified = await read([other], { verified: verifiedFor(sha256(payload)) });
    expect([code(anonymous.error), code(verified.error)]).toEqual(Array(2).fill('XAmzContentSHA256Mismatch'));
  });

  it('is BadDigest for another MD5', async () => {
    const { error } = await read([other], { headers: { 'content-md5': md5(payload) } });
    expect(error).toMatchObject({ code: 'BadDigest', message: expect.stringContaining('Content-MD5') });
  });

  it.each(CHECKSUM_ALGORITHMS)('is BadDigest for another %s', async (algorithm) => {
    const headers = { [CHECKSUM_HEADERS[algorithm]]: checksum(algorithm, payload) };
    expect((await read([payload], { headers })).error).toBeUndefined();
    const { error } = await read([other], { headers });
    expect(error).toMatchObject({
      code: 'BadDigest',
      message: `The ${algorithm.toUpperCase()} you specified did not match the calculated checksum.`,
    });
  });

  it('is IncompleteBody when it is shorter or longer than announced', async () => {
    const short = await read([payload], { contentLength: payload.length + 1 });
    const long = await read([payload], { contentLength: payload.length - 1 });
    expect([code(short.error), code(long.error)]).toEqual(['IncompleteBody', 'IncompleteBody']);
  });

  it('is IncompleteBody when chunks add up to another length than announced', async () => {
    for (const difference of [-1, 1]) {
      const headers = { 'x-amz-decoded-content-length': String(payload.length + difference) };
      const { error } = await read([awsChunked(payload, { chunkSize: 8 })], {
        headers: { ...headers, 'x-amz-content-sha256': UNSIGNED_TRAILER },
      });
      expect(code(error)).toBe('IncompleteBody');
    }
  });

  it('is IncompleteBody when the chunk that ends it is missing', async () => {
    const verified = verifiedFor(SIGNED);
    const headers = { 'x-amz-decoded-content-length': String(payload.length) };
    const wire = awsChunked(payload, { chunkSize: 8, seed: verified });
    const short = wire.subarray(0, wire.indexOf('\r\n0;') + 2);
    expect(code((await read([short], { headers, verified })).error)).toBe('IncompleteBody');
  });

  it('is IncompleteBody when the client leaves', async () => {
    const source = new PassThrough();
    const { body } = verifiedBody(source, { headers: {}, verified: undefined, contentLength: 10 });
    source.write('12345');
    source.destroy(new Error('aborted'));
    await turn();
    expect(body.errored).toMatchObject({
      code: 'IncompleteBody',
      cause: expect.objectContaining({ message: 'aborted' }),
    });
  });

  it('is SignatureDoesNotMatch for a chunk with another signature, or none', async () => {
    const verified = verifiedFor(SIGNED);
    const headers = { 'x-amz-decoded-content-length': String(payload.length) };
    const wire = awsChunked(payload, { chunkSize: 8, seed: verified }).toString('latin1');
    for (const replacement of ['', `;chunk-signature=${'0'.repeat(64)}`]) {
      const forged = Buffer.from(wire.replace(/;chunk-signature=[0-9a-f]*/, replacement));
      expect(code((await read([forged], { headers, verified })).error)).toBe('SignatureDoesNotMatch');
    }
  });

  it('is SignatureDoesNotMatch for a trailer with another signature, or none', async () => {
    const verified = verifiedFor(SIGNED_TRAILER);
    const headers = {
      'x-amz-decoded-content-length': String(payload.length),
      'x-amz-trailer': 'x-amz-checksum-crc32',
    };
    const trailer = [`x-amz-checksum-crc32:${checksum('crc32', payload)}`];
    const wire = awsChunked(payload, { chunkSize: 8, trailer, seed: verified }).toString('latin1');
    for (const replacement of ['', `x-amz-trailer-signature:${'0'.repeat(64)}\r\n`]) {
      const forged = Buffer.from(wire.replace(/x-amz-trailer-signature:.*\r\n/, replacement));
      expect(code((await read([forged], { headers, verified })).error)).toBe('SignatureDoesNotMatch');
    }
  });

  it.each([
    ['of bad numbers', 'xyz\r\n'],
    ['of endless headers', `5;${'x'.repeat(300)}`],
    ['longer than their header says', '5\r\nWelcome\r\n'],
    ['with an endless trailer', `0\r\n${'x'.repeat(5000)}`],
    ['with a trailer that was not announced', '15\r\nWelcome to Amazon S3.\r\n0\r\nx-amz-meta-a:b\r\n\r\n'],
    ['with a trailer of another form', '15\r\nWelcome to Amazon S3.\r\n0\r\nx-amz-meta-a\r\n\r\n'],
  ])('is InvalidRequest for chunks %s', async (_, wire) => {
    const headers = { 'x-amz-content-sha256': UNSIGNED_TRAILER, 'x-amz-decoded-content-length': '21' };
    expect(code((await read([Buffer.from(wire)], { headers })).error)).toBe('InvalidRequest');
  });

  it('is InvalidRequest when the announced checksum does not come', async () => {
    const headers = {
      'x-amz-content-sha256': UNSIGNED_TRAILER,
      'x-amz-decoded-content-length': '21',
      'x-amz-trailer': 'x-amz-checksum-crc32',
    };
    const { error, bytes } = await read([awsChunked(payload, { chunkSize: 8 })], { headers });
    expect(code(error)).toBe('InvalidRequest');
    expect(bytes.length).toBeLessThan(payload.length);
  });
});

describe('a body whose length nobody knows beforehand', () => {
  const payload = Buffer.from('penumbra');
  const unknown = { contentLength: undefined };

  it('comes out whole, in pieces and empty', async () => {
    for (const pieces of [[payload], cut(payload, [3, 1]), []]) {
      const { bytes, error } = await read(pieces, unknown);
      expect([bytes, error]).toEqual([Buffer.concat(pieces), undefined]);
    }
  });

  it('does not end well when it is not what was claimed of it', async () => {
    const good = { 'content-md5': md5(payload) };
    expect((await read([payload], { ...unknown, headers: good })).error).toBeUndefined();
    const bad = { 'content-md5': md5(Buffer.from('else')) };
    expect(code((await read([payload], { ...unknown, headers: bad })).error)).toBe('BadDigest');
  });

  it.each([
    [7, 8, undefined],
    [8, 9, undefined],
    [9, 10, 'EntityTooSmall'],
    [0, 7, 'EntityTooLarge'],
  ])('has to be of %i to %i bytes where that was asked for', async (min, max, expected) => {
    const { error } = await read(cut(payload, [3]), { ...unknown, lengthRange: { min, max } });
    expect(code(error)).toBe(expected);
  });

  it('fails as its source does, where that says why', async () => {
    const failure = new S3Error('RequestTimeout');
    async function* broken() {
      yield payload;
      throw failure;
    }
    const source = Readable.from(broken(), { objectMode: false });
    const { body } = verifiedBody(source, { headers: {}, verified: undefined, ...unknown });
    await expect(body.toArray()).rejects.toBe(failure);
  });
});

describe('a request is refused before its body is read', () => {
  const start = (options: Partial<PayloadOptions>) => () =>
    verifiedBody(Readable.from([]), { headers: {}, verified: undefined, contentLength: 0, ...options });
  const refused = (name: string) => expect.objectContaining({ code: name });

  it('in chunks without the length of what they hold', () => {
    const headers = { 'x-amz-content-sha256': UNSIGNED_TRAILER, 'x-amz-decoded-content-length': '-1' };
    expect(start({ headers })).toThrow(refused('MissingContentLength'));
  });

  it.each([
    ['InvalidArgument', { 'x-amz-content-sha256': 'ABC' }],
    ['AccessDenied', { 'x-amz-content-sha256': SIGNED, 'x-amz-decoded-content-length': '0' }],
    ['InvalidDigest', { 'content-md5': 'AAAA' }],
    ['InvalidRequest', { 'x-amz-checksum-crc32': 'not base64' }],
    ['InvalidRequest', { 'x-amz-checksum-crc32': 'AAAAAA==', 'x-amz-checksum-crc32c': 'AAAAAA==' }],
    ['InvalidRequest', { 'x-amz-trailer': 'x-amz-meta-name' }],
  ])('as %s for %j', (name, headers) => {
    expect(start({ headers })).toThrow(refused(name));
  });
});

describe('a verified body', () => {
  it('holds back only the piece that completes it', async () => {
    const source = new PassThrough();
    const { body } = verifiedBody(source, { headers: {}, verified: undefined, contentLength: 10 });
    const seen: string[] = [];
    body.on('data', (chunk) => seen.push(String(chunk)));
    source.write('12345');
    await turn();
    source.write('67890');
    await turn();
    expect(seen).toEqual(['12345']);
    source.end();
    await turn();
    expect(seen).toEqual(['12345', '67890']);
  });

  it('reads no further ahead than its reader', async () => {
    let made = 0;
    const source = new Readable({
      read() {
        made += 1;
        this.push(Buffer.alloc(64 * 1024));
      },
    });
    verifiedBody(source, { headers: {}, verified: undefined, contentLength: 1e9 });
    await turn();
    expect(made).toBeLessThan(8);
    source.destroy();
  });

  it('leaves the source open when it fails, so that an answer can be sent', async () => {
    const source = new PassThrough();
    const { body } = verifiedBody(source, { headers: {}, verified: undefined, contentLength: 1 });
    source.write('12');
    await turn();
    expect(body.errored).toMatchObject({ code: 'IncompleteBody' });
    expect(source.destroyed).toBe(false);
  });

  it('ignores x-amz-checksum-* that stands for the object of a multipart upload', async () => {
    const headers = { 'x-amz-checksum-crc32': 'AAAAAA==', 'content-md5': md5(Buffer.from('<xml/>')) };
    const { error } = await read([Buffer.from('<xml/>')], { headers, checksumOf: 'object' });
    expect(error).toBeUndefined();
  });

  it('takes trailers with the line ends that some clients write', async () => {
    const payload = Buffer.from('Welcome to Amazon S3.');
    const field = `x-amz-checksum-crc32:${checksum('crc32', payload)}`;
    const headers = {
      'x-amz-content-sha256': UNSIGNED_TRAILER,
      'x-amz-decoded-content-length': '21',
      'x-amz-trailer': 'x-amz-checksum-crc32',
    };
    const wire = Buffer.from(`15\r\n${payload}\r\n0\r\n${field}\n\r\n\r\n\r\n`);
    expect((await read([wire], { headers })).bytes).toEqual(payload);
  });
});
