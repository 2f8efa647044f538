import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeKey } from '../../src/s3/keys.js';
import { readListing } from '../../src/s3/xml/listing.js';
import { ROOT, startTestGateway, type TestGateway } from './harness.js';

const KEYS = [
  ...[
    'a b',
    'a+b',
    'a%2Fb',
    '%',
    'a//b',
    '/lead',
    'trail/',
    '..',
    '../x',
    './y',
    'a\\b',
    ' ',
    'q?x=1',
    'h#f',
  ],
  ...[
    "it's",
    'amp&<>"',
    'control\u0001',
    'tab\tx',
    'line\nx',
    'ü',
    '🌘',
    '\uffff',
    '\u{10ffff}',
    'k'.repeat(1_024),
  ],
];

let legacy: TestGateway;
let gateway: TestGateway;

beforeAll(async () => {
  [legacy, gateway] = await Promise.all([startTestGateway(), startTestGateway()]);
});

afterAll(async () => {
  await gateway.close();
  await legacy.close();
});

async function keysOf(store: TestGateway, bucket: string): Promise<string[]> {
  const { text } = await store.send({ target: `/${bucket}?list-type=2&encoding-type=url` });
  return readListing(text).objects.map(({ key }) => key);
}

test.each([
  ['without', 'old-1', 'new-1', false],
  ['with', 'old-2', 'new-2', true],
] as const)(
  'keys of all characters move, are written, copied and deleted as themselves, %s write-through',
  async (_, old, bucket, write_through) => {
    const { accessKeyId, secretAccessKey } = ROOT;
    const keys = { access_key_id: accessKeyId, secret_access_key: secretAccessKey };
    const shadow = { name: old, endpoint: legacy.url, region: 'us-east-1', ...keys, write_through };
    await legacy.createBucket(old);
    await gateway.createBucket(bucket, { shadow });
    const send = (method: string, key: string, more = {}) =>
      gateway.send({ method, target: `/${bucket}/${encodeKey(key)}`, ...more });
    const inLegacy = (method: string, key: string, more = {}) =>
      legacy.send({ method, target: `/${old}/${encodeKey(key)}`, ...more });

    for (const key of KEYS) await inLegacy('PUT', key, { body: `old ${key}` });
    expect(new Set(await keysOf(gateway, bucket))).toEqual(new Set(KEYS));
    for (const key of KEYS) {
      expect((await send('GET', key)).text).toBe(`old ${key}`);
      await expect
        .poll(async () => (await send('HEAD', key)).headers['x-penumbra-source'], { timeout: 30_000 })
        .toBe('target');
      await send('PUT', key, { body: `new ${key}` });
      const headers = { 'x-amz-copy-source': `/${bucket}/${encodeKey(key)}` };
      await send('PUT', `copy/${key.slice(0, 1_000)}`, { headers });
      expect((await send('GET', `copy/${key.slice(0, 1_000)}`)).text).toBe(`new ${key}`);
      expect((await inLegacy('GET', key)).text).toBe(`${write_through ? 'new' : 'old'} ${key}`);
    }
    for (const key of KEYS) expect((await send('DELETE', key)).status).toBe(204);
    expect((await keysOf(gateway, bucket)).every((key) => key.startsWith('copy/'))).toBe(true);
    for (const key of KEYS) expect((await send('GET', key)).status).toBe(404);
  },
  60_000,
);
