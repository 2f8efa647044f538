import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Backend } from '../../src/backends/backend.js';
import type { Credentials } from '../../src/s3/sigv4/sign.js';
import { remoteAt } from '../backends/remote/requests.js';
import { describeWith } from '../support/describe-with.js';
import { formOf, signForm } from '../support/post-form.js';
import { sharedRgw } from '../support/shared-rgw.js';
import { ROOT, startTestGateway, type TestGateway } from './harness.js';

const APP = 'https://app.example';
const RULES =
  `<CORSConfiguration><CORSRule><AllowedOrigin>${APP}</AllowedOrigin><AllowedMethod>POST</AllowedMethod>` +
  '<ExposeHeader>etag</ExposeHeader></CORSRule></CORSConfiguration>';
const LONG = Buffer.alloc(17 * 1024 * 1024, 'penumbra ');

describeWith(['radosgw'], 'a form, with Ceph RGW for its target', () => {
  let legacy: TestGateway;
  let gateway: TestGateway;
  let rgw: Backend;
  let credentials: Credentials;
  const bucket = `forms-${randomUUID()}`;

  beforeAll(async () => {
    const server = await sharedRgw();
    rgw = remoteAt(server.endpoint, server);
    [legacy, gateway] = await Promise.all([
      startTestGateway(),
      startTestGateway({ filter: () => rgw.service }),
    ]);
    await legacy.createBucket('old');
    credentials = await gateway.createBucket(bucket);
    const headers = { 'content-md5': createHash('md5').update(RULES).digest('base64') };
    const rules = { method: 'PUT', target: `/${bucket}?cors`, headers, body: RULES, credentials };
    expect((await gateway.send(rules)).status).toBe(200);
  });

  afterAll(async () => {
    await gateway.close();
    await legacy.close();
    await rgw.close();
  });

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
