import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { S3Error } from '../../../src/s3/errors.js';
import { encodeKey, encodeQuery } from '../../../src/s3/keys.js';
import type { HeaderFields, QueryParameter } from '../../../src/s3/message.js';
import { type IncomingRequest, parseAuthentication } from '../../../src/s3/sigv4/authentication.js';
import { presignUrl } from '../../../src/s3/sigv4/presign.js';
import { signRequest } from '../../../src/s3/sigv4/sign.js';
import { verifySignature } from '../../../src/s3/sigv4/verify.js';
import { onTheWire, sha256 } from '../../support/sigv4.js';

// The signer of the AWS SDK is the oracle: what it signs we accept, and what we sign is the same.

const now = Date.UTC(2026, 1, 3, 4, 5, 6);
const signingDate = new Date(now);
const host = 'bucket.example.com:9000';

interface Sample {
  method: string;
  key: string;
  query: [name: string, values: string[]][];
  headers: Record<string, string>;
  payloadHash: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
}

/** All of Unicode. */
const text = fc.string({ unit: 'binary', maxLength: 20 });
const word = fc.stringMatching(/^[A-Za-z0-9]{1,20}$/);
const parameterName = text.filter((name) => name !== '' && name !== '__proto__' && !/^x-amz-/i.test(name));
const fieldName = fc.oneof(
  fc.stringMatching(/^x-amz-meta-[a-z0-9-]{1,10}$/),
  fc.constantFrom('content-type', 'content-md5', 'range', 'if-match', 'user-agent', 'te', 'cache-control'),
);
const fieldValue = fc
  .array(fc.constantFrom('a', 'Z', '0', ' ', '  ', '\t', ',', '"', ';', ':', 'é', 'à', '日', '😀'), {
    maxLength: 12,
  })
  .map((parts) => parts.join(''));

const samples: fc.Arbitrary<Sample> = fc.record({
  method: fc.constantFrom('GET', 'PUT', 'POST', 'DELETE', 'HEAD'),
  key: text,
  query: fc.uniqueArray(fc.tuple(parameterName, fc.array(text, { minLength: 1, maxLength: 3 })), {
    maxLength: 5,
    selector: ([name]) => name,
  }),
  headers: fc.dictionary(fieldName, fieldValue, { maxKeys: 5, noNullPrototype: true }),
  payloadHash: fc.constantFrom('UNSIGNED-PAYLOAD', sha256(''), sha256('x')),
  region: word,
  accessKeyId: word,
  secretAccessKey: text.filter((secret) => secret !== ''),
});

function oracle(credentials: Sample): SignatureV4 {
  return new SignatureV4({
    service: 's3',
    region: credentials.region,
    credentials,
    sha256: Sha256,
    uriEscapePath: false,
    applyChecksum: true,
  });
}

function oracleRequest({ method, key, query, headers, payloadHash }: Sample) {
  return {
    method,
    protocol: 'http:',
    hostname: 'bucket.example.com',
    path: `/${encodeKey(key)}`,
    query: Object.fromEntries(query),
    headers: { ...headers, host, 'x-amz-content-sha256': payloadHash },
  };
}

function parameters(query: [string, string | string[]][]): QueryParameter[] {
  return query.flatMap(([name, values]) => [values].flat().map((value): QueryParameter => [name, value]));
}

function wire(headers: Record<string, string>): HeaderFields {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, onTheWire(value)]));
}

/** The request as a server gets it, with the oracle's signature in its header. */
async function signedByOracle(sample: Sample): Promise<IncomingRequest> {
  const { path, headers } = await oracle(sample).sign(oracleRequest(sample), { signingDate });
  const rawQuery = encodeQuery(parameters(sample.query));
  return { method: sample.method, rawPath: path, rawQuery, headers: wire(headers) };
}

function accepts(incoming: IncomingRequest, secretAccessKey: string): boolean {
  try {
    const authentication = parseAuthentication(incoming);
    return (
      authentication !== undefined && verifySignature(authentication, secretAccessKey, now) !== undefined
    );
  } catch (error) {
    if (error instanceof S3Error) return false;
    throw error;
  }
}

/** The text with one character replaced by another. */
function tampered(original: string, at: number): string {
  const index = at % original.length;
  const other = original[index] === 'a' ? 'b' : 'a';
  return original.slice(0, index) + other + original.slice(index + 1);
}

describe('a request that the AWS SDK signs', () => {
  it('is accepted, and has the signature that we make', async () => {
    await fc.assert(
      fc.asyncProperty(samples, async (sample) => {
        const incoming = await signedByOracle(sample);
        expect(accepts(incoming, sample.secretAccessKey)).toBe(true);
        const ours = signRequest({
          ...sample,
          path: incoming.rawPath,
          query: parameters(sample.query),
          headers: { ...wire(sample.headers), host },
          credentials: sample,
          now,
        });
        expect(ours).toEqual({
          authorization: incoming.headers.authorization,
          'x-amz-date': incoming.headers['x-amz-date'],
          'x-amz-content-sha256': sample.payloadHash,
        });
      }),
      { numRuns: 2000 },
    );
  });

  it('is refused when one character of it differs', async () => {
    const part = fc.constantFrom('method', 'key', 'query', 'header', 'hash', 'date', 'signature', 'secret');
    await fc.assert(
      fc.asyncProperty(samples, part, fc.nat(), async (sample, what, at) => {
        const whole = { ...sample, key: `k${sample.key}` };
        const incoming = await signedByOracle({
          ...whole,
          headers: { ...sample.headers, 'x-amz-acl': 'private' },
        });
        const { headers } = incoming;
        const header = (name: string) => ({
          headers: { ...headers, [name]: tampered(headers[name] ?? '', at) },
        });
        const signature = headers.authorization?.slice(-64) ?? '';
        const unsigned = headers.authorization?.slice(0, -64);
        const forged = { headers: { ...headers, authorization: unsigned + tampered(signature, at) } };
        const changes: Record<typeof what, Partial<IncomingRequest>> = {
          method: { method: tampered(incoming.method, at) },
          key: { rawPath: `/${encodeKey(`j${sample.key}`)}` },
          query: { rawQuery: `${incoming.rawQuery}&a` },
          header: header('x-amz-acl'),
          hash: header('x-amz-content-sha256'),
          date: header('x-amz-date'),
          signature: forged,
          secret: {},
        };
        const secret = what === 'secret' ? `${sample.secretAccessKey}a` : sample.secretAccessKey;
        expect(accepts(incoming, sample.secretAccessKey)).toBe(true);
        expect(accepts({ ...incoming, ...changes[what] }, secret)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it('is accepted as a presigned URL, until a parameter is added', async () => {
    await fc.assert(
      fc.asyncProperty(samples, fc.integer({ min: 1, max: 604_800 }), async (sample, expiresIn) => {
        const presigned = await oracle(sample).presign(oracleRequest(sample), { signingDate, expiresIn });
        const query = parameters(Object.entries(presigned.query ?? {}) as [string, string | string[]][]);
        const rawQuery = encodeQuery(query);
        const headers = wire(presigned.headers);
        const incoming = { method: sample.method, rawPath: presigned.path, rawQuery, headers };
        expect(accepts(incoming, sample.secretAccessKey)).toBe(true);
        expect(accepts({ ...incoming, rawQuery: `${rawQuery}&a` }, sample.secretAccessKey)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a URL that we presign', () => {
  it('is the one that the AWS SDK presigns', async () => {
    await fc.assert(
      fc.asyncProperty(samples, async (sample) => {
        const unsigned = { ...sample, headers: {}, payloadHash: 'UNSIGNED-PAYLOAD' };
        const presigned = await oracle(sample).presign(oracleRequest(unsigned), {
          signingDate,
          expiresIn: 60,
        });
        const ours = presignUrl({
          method: sample.method,
          origin: `http://${host}`,
          path: presigned.path,
          query: [...parameters(sample.query), ['x-amz-content-sha256', 'UNSIGNED-PAYLOAD']],
          expiresIn: 60,
          credentials: sample,
          region: sample.region,
          now,
        });
        expect(ours).toContain(`X-Amz-Signature=${presigned.query?.['X-Amz-Signature']}`);
      }),
      { numRuns: 500 },
    );
  });
});
