import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Credentials } from '../../src/s3/sigv4/sign.js';
import { describeWith } from '../support/describe-with.js';
import { formOf, signForm } from '../support/post-form.js';
import { ROOT, type TestGateway } from './harness.js';
import { type GatewayOnRgw, startOnRgw } from './on-rgw.js';

const APP = 'https://app.example';
const RULES =
  `<CORSConfiguration><CORSRule><AllowedOrigin>${APP}</AllowedOrigin><AllowedMethod>POST</AllowedMethod>` +
  '<ExposeHeader>etag</ExposeHeader></CORSRule></CORSConfiguration>';
const LONG = Buffer.alloc(17 * 1024 * 1024, 'penumbra ');

describeWith(['radosgw'], 'a form, with Ceph RGW for its target', () => {
  let onRgw: GatewayOnRgw;
  let legacy: TestGateway;
  let gateway: TestGateway;
  let credentials: Credentials;
  const bucket = `forms-${randomUUID()}`;

  beforeAll(async () => {
    onRgw = await startOnRgw();
    ({ gateway, legacy } = onRgw);
    credentials = await onRgw.createBucket(bucket, RULES);
  });

  afterAll(() => onRgw.close());

  function post(key: string, file: string | Blob, headers = {}): Promise<Response> {
    const fields = signForm({ bucket, credentials, fields: { key, 'x-amz-meta-a': 'b' } });
    return fetch(`${gateway.url}/${bucket}`, { method: 'POST', body: formOf(fields, file), headers });
  }

  async function expectStored(key: string, bytes: Buffer, answer: Response): Promise<void> {
    expect([answer.status, await answer.text()]).toEqual([204, '']);
    const { text, headers } = await gateway.send({ target: `/${bucket}/${key}` });
    expect(text === bytes.toString()).toBe(true);
    expect(headers).toMatchObject({ etag: answer.headers.get('etag'), 'x-amz-meta-a': 'b' });
  }

  test('makes an object, of one piece or of parts, and tells the ETag that it has', async () => {
    await expectStored('short', Buffer.from('hello'), await post('short', 'hello'));
    await expectStored('long', LONG, await post('long', new Blob([LONG])));
    await expectStored('empty', Buffer.alloc(0), await post('empty', ''));
  });

  test('can be read about by scripts of other sites as the rules for POST say', async () => {
    const allowed = await post('key', 'hello', { origin: APP });
    expect(allowed.headers.get('access-control-allow-origin')).toBe(APP);
    expect(allowed.headers.get('access-control-expose-headers')).toBe('etag');
    const other = await post('key', 'hello', { origin: 'https://other.example' });
    expect([other.status, other.headers.get('access-control-allow-origin')]).toEqual([204, null]);
  });

  test('is written through to the shadow', async () => {
    const { accessKeyId: access_key_id, secretAccessKey: secret_access_key } = ROOT;
    const shadow = {
      name: 'old',
      endpoint: legacy.url,
      region: 'us-east-1',
      access_key_id,
      secret_access_key,
    };
    await gateway.admin('PATCH', `/buckets/${bucket}`, { shadow: { ...shadow, write_through: true } });
    await expect
      .poll(() => gateway.admin('GET', `/buckets/${bucket}`), { timeout: 30_000 })
      .toMatchObject({ shadow: { rung: 'write-through' } });
    await expectStored('both', Buffer.from('hello'), await post('both', 'hello'));
    await expectStored('both-long', LONG, await post('both-long', new Blob([LONG])));
    expect((await legacy.send({ target: '/old/both' })).text).toBe('hello');
    expect((await legacy.send({ target: '/old/both-long' })).text === LONG.toString()).toBe(true);
  });
});
