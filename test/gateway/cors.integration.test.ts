import { randomUUID } from 'node:crypto';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Credentials } from '../../src/s3/sigv4/sign.js';
import { describeWith } from '../support/describe-with.js';
import { ROOT, startTestGateway, type TestGateway } from './harness.js';
import { type GatewayOnRgw, startOnRgw } from './on-rgw.js';

const APP = 'https://app.example';
const RULES =
  `<CORSConfiguration><CORSRule><AllowedOrigin>${APP}</AllowedOrigin><AllowedMethod>GET</AllowedMethod>` +
  '<AllowedMethod>PUT</AllowedMethod><AllowedHeader>*</AllowedHeader><ExposeHeader>etag</ExposeHeader></CORSRule></CORSConfiguration>';

/** The question that a browser asks before it lets a script of another site send a request. */
const preflight = (origin: string, method = 'PUT') => ({
  method: 'OPTIONS',
  headers: { origin, 'access-control-request-method': method },
  credentials: null,
});

const readBy = ({ headers }: { headers: object }) =>
  (headers as Record<string, string>)['access-control-allow-origin'];

describeWith(['radosgw'], 'scripts of another site', () => {
  let onRgw: GatewayOnRgw;
  let legacy: TestGateway;
  let gateway: TestGateway;
  let credentials: Credentials;
  const bucket = `cors-${randomUUID()}`;
  const target = `/${bucket}/new`;

  beforeAll(async () => {
    onRgw = await startOnRgw();
    ({ gateway, legacy } = onRgw);
    for (const key of ['a', 'b']) await legacy.send({ method: 'PUT', target: `/old/${key}`, body: 'old' });
    credentials = await onRgw.createBucket(bucket, RULES);
    await gateway.send({ method: 'PUT', target, body: 'new' });
  });

  afterAll(() => onRgw.close());

  async function areLetInByTheRules(): Promise<void> {
    const allowed = await gateway.send({ target, ...preflight(APP) });
    expect(allowed).toMatchObject({ status: 200, headers: { 'access-control-allow-origin': APP } });
    expect(allowed.headers['access-control-allow-methods']).toContain('PUT');
    for (const question of [preflight('https://other.example'), preflight(APP, 'DELETE')]) {
      const refused = await gateway.send({ target, ...question });
      expect([refused.status, readBy(refused)]).toEqual([403, undefined]);
    }
  }

  test('are let in by the rules of the target', areLetInByTheRules);

  test('may use a presigned URL, whose signature is not one of the question', async () => {
    const s3 = gateway.sdk(credentials);
    const url = new URL(await getSignedUrl(s3, new PutObjectCommand({ Bucket: bucket, Key: 'by url' })));
    const asked = await gateway.send({ target: url.pathname + url.search, ...preflight(APP) });
    expect([asked.status, readBy(asked)]).toEqual([200, APP]);
  });

  test('read what the target answers, errors too', async () => {
    const [found, none] = await Promise.all(
      [target, `/${bucket}/none`].map((asked) => gateway.send({ target: asked, headers: { origin: APP } })),
    );
    expect(found).toMatchObject({ status: 200, headers: { 'access-control-expose-headers': 'etag' } });
    expect([found, none].map((answer) => answer && readBy(answer))).toEqual([APP, APP]);
    const other = await gateway.send({ target, headers: { origin: 'https://other.example' } });
    expect([other.status, readBy(other)]).toEqual([200, undefined]);
  });

  test('are let in by the same rules while the bucket moves, and read what only the shadow has', async () => {
    const shadow = {
      name: 'old',
      endpoint: legacy.url,
      region: 'us-east-1',
      access_key_id: ROOT.accessKeyId,
      secret_access_key: ROOT.secretAccessKey,
    };
    await gateway.admin('PATCH', `/buckets/${bucket}`, { shadow });
    await areLetInByTheRules();
    for (const [key, headers] of [
      ['a', {}],
      ['b', { range: 'bytes=1-1' }],
    ] as const) {
      const answer = await gateway.send({
        target: `/${bucket}/${key}`,
        headers: { origin: APP, ...headers },
      });
      expect(answer.headers['x-penumbra-source']).toBe('shadow');
      expect(readBy(answer)).toBe(APP);
    }
    const listed = await gateway.send({ target: `/${bucket}?list-type=2`, headers: { origin: APP } });
    expect([listed.text.match(/<Key>/g)?.length, readBy(listed)]).toEqual([3, APP]);
  });
});

describe('a bucket without rules', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startTestGateway();
    await gateway.createBucket('bucket');
  });

  afterAll(() => gateway.close());

  test('lets no script of another site in', async () => {
    for (const target of ['/bucket', '/bucket/key']) {
      const refused = await gateway.send({ target, ...preflight(APP) });
      expect(refused.status).toBe(403);
      expect(refused.text).toContain(
        '<Code>AccessForbidden</Code><Message>CORSResponse: CORS is not enabled for this bucket.</Message>',
      );
    }
  });

  test.each([{}, { origin: APP }])('cannot be asked without an origin and a method (%o)', async (headers) => {
    const answer = await gateway.send({ target: '/bucket/key', ...preflight(APP), headers });
    expect(answer).toMatchObject({ status: 400, text: expect.stringContaining('<Code>BadRequest</Code>') });
  });
});
