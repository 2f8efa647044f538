import { expect, it } from 'vitest';
import { createMemoryBackend } from '../../src/backends/memory/memory.js';
import type { S3Request, S3Service } from '../../src/s3/message.js';
import { ListedKeys } from '../../src/sweep/listed-keys.js';
import { systemClock } from '../../src/system/clock.js';

const SIGNAL = new AbortController().signal;

/** A store of objects with these keys, and what it was asked for. */
async function storeOf(keys: readonly string[]) {
  const { service } = createMemoryBackend({ name: 'store', clock: systemClock });
  const base = { bucket: 'bucket', query: [], headers: {}, signal: SIGNAL };
  await service({ ...base, operation: 'CreateBucket', method: 'PUT', key: '' });
  for (const key of keys) {
    const body = Buffer.from(key);
    const headers = { 'content-length': String(body.length) };
    await service({ ...base, operation: 'PutObject', method: 'PUT', key, headers, body });
  }
  const asked: S3Request[] = [];
  const store: S3Service = (request) => {
    asked.push(request);
    return service({ ...request, bucket: 'bucket' });
  };
  return { store, asked };
}

const numbered = (count: number) =>
  Array.from({ length: count }, (_, i) => `key-${String(i).padStart(6, '0')}`);

it('finds keys that lie far apart by one list call each, and says of others that they are not there', async () => {
  const keys = [...numbered(3_000), 'ü', '\u{10ffff}'];
  const { store, asked } = await storeOf(keys);
  const listed = new ListedKeys(store, SIGNAL);
  const wanted = [
    'a',
    'key-000007',
    'key-000999',
    'key-0009995',
    'key-002500',
    'zz',
    'ü',
    'üü',
    '\u{10ffff}',
  ];
  const found: string[] = [];
  for (const key of wanted) if (await listed.find(key)) found.push(key);
  expect(found).toEqual(wanted.filter((key) => keys.includes(key)));
  expect(asked.length).toBeLessThanOrEqual(wanted.length);
});

it('finds keys that lie close together by few calls', async () => {
  const keys = numbered(3_000);
  const { store, asked } = await storeOf(keys);
  const listed = new ListedKeys(store, SIGNAL);
  for (const key of keys) expect((await listed.find(key))?.key).toBe(key);
  expect(asked.length).toBeLessThanOrEqual(8);
});
