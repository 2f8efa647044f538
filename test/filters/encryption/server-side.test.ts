import { expect, it } from 'vitest';
import { type EncryptionSettings, encryption } from '../../../src/filters/encryption/encryption.js';
import type { HeaderFields, S3Request, S3Response, S3Service } from '../../../src/s3/message.js';
import { writeInitiateResult } from '../../../src/s3/xml/multipart.js';
import { xmlResponse } from '../../../src/s3/xml/response.js';
import { systemClock } from '../../../src/system/clock.js';
import { expectError } from '../../contract/backend/scene.js';
import { StoreClient } from '../../support/store-client.js';
import { openVault } from './vault.js';

const SSE = 'x-amz-server-side-encryption';

/** As a store that encrypts as it is told to. */
function begun({ bucket, key, headers: { [SSE]: told = '' } }: S3Request): S3Response {
  return { ...xmlResponse(writeInitiateResult({ bucket, key, uploadId: 'u' })), headers: { [SSE]: told } };
}

/** What a store with these settings is told of a request. */
async function told(settings: EncryptionSettings, method: string, query: string, headers: HeaderFields = {}) {
  const sent: S3Request[] = [];
  const service = encryption(settings, { backend: 'b', clock: systemClock })(async (request) => {
    sent.push(request);
    return request.operation === 'CreateMultipartUpload' ? begun(request) : { status: 200, headers: {} };
  });
  await new StoreClient(service, 'bucket').ask(method, 'key', { query, headers, body: '' });
  const fields = Object.entries(sent.at(-1)?.headers ?? {});
  return Object.fromEntries(fields.filter(([name]) => name.startsWith(SSE)));
}

it('has the backend encrypt what makes an object, and nothing else', async () => {
  const s3: EncryptionSettings = { mode: 'sse-s3' };
  const encrypted = { [SSE]: 'AES256' };
  expect(await told(s3, 'PUT', '')).toEqual(encrypted);
  expect(await told(s3, 'POST', 'uploads')).toEqual(encrypted);
  expect(await told(s3, 'PUT', '', { 'x-amz-copy-source': '/b/k' })).toEqual(encrypted);
  for (const [method, query] of [
    ['GET', ''],
    ['DELETE', ''],
    ['PUT', 'partNumber=1&uploadId=u'],
    ['POST', 'uploadId=u'],
    ['PUT', 'tagging'],
  ] as const) {
    expect(await told(s3, method, query)).toEqual({});
  }
});

it('names the key of KMS where there is one', async () => {
  expect(await told({ mode: 'sse-kms' }, 'PUT', '')).toEqual({ [SSE]: 'aws:kms' });
  expect(await told({ mode: 'sse-kms', keyId: 'alias/backups' }, 'PUT', '')).toEqual({
    [SSE]: 'aws:kms',
    [`${SSE}-aws-kms-key-id`]: 'alias/backups',
  });
});

it('leaves it to a client that says how', async () => {
  const customer = { [`${SSE}-customer-algorithm`]: 'AES256' };
  expect(await told({ mode: 'sse-s3' }, 'PUT', '', customer)).toEqual(customer);
  expect(await told({ mode: 'sse-kms' }, 'PUT', '', { [SSE]: 'AES256' })).toEqual({ [SSE]: 'AES256' });
});

it.each<EncryptionSettings>([{ mode: 'none' }, { mode: 'sse-s3' }])(
  'does not serve as data with %o what a gateway has encrypted',
  async (settings) => {
    const { client, store } = await openVault();
    await client.put('key', 'text');
    const without = new StoreClient(
      encryption(settings, { backend: 'b', clock: systemClock })(store),
      'bucket',
    );
    const { status, text } = await without.ask('GET', 'key');
    expect([status, text]).toEqual([403, expect.stringContaining('has no keys')]);
    expect((await without.ask('HEAD', 'key')).status).toBe(403);
  },
);

it('stores nothing in a backend that ignores it, and asks once', async () => {
  const { store, raw } = await openVault();
  const asked: S3Request[] = [];
  const ignoring: S3Service = (request) => {
    asked.push(request);
    const headers = Object.entries(request.headers).filter(([name]) => !name.startsWith(SSE));
    return store({ ...request, headers: Object.fromEntries(headers) });
  };
  const service = encryption({ mode: 'sse-s3' }, { backend: 'vault', clock: systemClock })(ignoring);
  const client = new StoreClient(service, 'bucket');
  for (const key of ['one', 'two']) {
    const refused = await client.put(key, 'text');
    expectError(refused, 501, 'NotImplemented');
    expect(refused.text).toContain('The backend &quot;vault&quot; ignores x-amz-server-side-encryption');
  }
  expect(asked.map(({ operation }) => operation)).toEqual(['CreateMultipartUpload', 'AbortMultipartUpload']);
  expect(await raw.keys()).toEqual([]);
  expect((await raw.ask('GET', '', { query: 'uploads' })).text).not.toContain('<Upload>');
});
