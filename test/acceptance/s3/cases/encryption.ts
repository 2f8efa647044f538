import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { hasHeaders, ok } from '../checks.js';
import { full, type S3Case } from '../s3-case.js';

const KEY = Buffer.alloc(32, 'k');
const OTHER_KEY = Buffer.alloc(32, 'o');

const customerKey = (key: Buffer, prefix = 'x-amz-'): Readonly<Record<string, string>> => ({
  [`${prefix}server-side-encryption-customer-algorithm`]: 'AES256',
  [`${prefix}server-side-encryption-customer-key`]: key.toString('base64'),
  [`${prefix}server-side-encryption-customer-key-MD5`.toLowerCase()]: createHash('md5')
    .update(key)
    .digest('base64'),
});

/** AWS, "Using server-side encryption with customer-provided keys (SSE-C)". */
export const encryptionCases: readonly S3Case[] = [
  full('PutObject_customer_key', async (bucket) => {
    ok(await bucket.put('key', 'text', customerKey(KEY)));
    const answer = ok(await bucket.get('key', customerKey(KEY)));
    assert.equal(answer.text, 'text');
    hasHeaders(answer, { 'x-amz-server-side-encryption-customer-algorithm': 'AES256' });
  }),

  full('GetObject_without_the_customer_key', async (bucket) => {
    ok(await bucket.put('key', 'text', customerKey(KEY)));
    ok(await bucket.get('key'), 400);
    ok(await bucket.head('key'), 400);
  }),

  full('GetObject_with_another_customer_key', async (bucket) => {
    ok(await bucket.put('key', 'text', customerKey(KEY)));
    const answer = await bucket.get('key', customerKey(OTHER_KEY));
    assert.ok([400, 403].includes(answer.status), `status ${answer.status}`);
  }),

  full('GetObject_range_with_a_customer_key', async (bucket) => {
    ok(await bucket.put('key', '0123456789', customerKey(KEY)));
    const answer = ok(await bucket.get('key', { ...customerKey(KEY), range: 'bytes=2-4' }), 206);
    assert.equal(answer.text, '234');
  }),

  full('DeleteObject_with_a_customer_key', async (bucket) => {
    ok(await bucket.put('key', 'text', customerKey(KEY)));
    ok(await bucket.delete('key'), 204);
    ok(await bucket.get('key', customerKey(KEY)), 404);
  }),
];
