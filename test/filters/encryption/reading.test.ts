import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { CHUNK, RECORD } from '../../../src/filters/encryption/format.js';
import { expectError, putInParts } from '../../contract/backend/scene.js';
import { StoreClient } from '../../support/store-client.js';
import { encrypting } from './encrypting.js';
import { openVault } from './vault.js';

const BYTES = randomBytes(3 * CHUNK + 1000);

const BORDERS = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK - 1, 3 * CHUNK, BYTES.length - 1];

it('answers every range that begins or ends at a border of a chunk', async () => {
  const { client } = await openVault();
  await client.put('key', BYTES);
  for (const start of BORDERS) {
    for (const end of BORDERS.filter((border) => border >= start)) {
      const headers = { range: `bytes=${start}-${end}` };
      const answer = await client.ask('GET', 'key', { headers });
      expect(answer.status).toBe(206);
      expect(answer.headers['content-range']).toBe(`bytes ${start}-${end}/${BYTES.length}`);
      expect(answer.headers['content-length']).toBe(String(end - start + 1));
      expect(answer.body.equals(BYTES.subarray(start, end + 1))).toBe(true);
    }
  }
});

it.each([1, 999, 1000, 1001, CHUNK, CHUNK + 1000, CHUNK + 1001, 3 * CHUNK + 999, 10 * CHUNK])(
  'answers the last %i bytes',
  async (count) => {
    const { client } = await openVault();
    await client.put('key', BYTES);
    const { status, body, headers } = await client.ask('GET', 'key', {
      headers: { range: `bytes=-${count}` },
    });
    expect([status, body.equals(BYTES.subarray(-count))]).toEqual([206, true]);
    const start = Math.max(0, BYTES.length - count);
    expect(headers['content-range']).toBe(`bytes ${start}-${BYTES.length - 1}/${BYTES.length}`);
  },
);

it('reads no more than the chunks of a range, in one request', async () => {
  const { client, asked } = await openVault();
  await client.put('key', BYTES);
  asked.length = 0;
  await client.ask('GET', 'key', { headers: { range: `bytes=${CHUNK + 5}-${CHUNK + 9}` } });
  expect(asked.map(({ headers }) => headers.range)).toEqual([`bytes=${RECORD}-${2 * RECORD - 1}`]);
});

it('refuses what begins behind the end, wherever that is in the last chunk, and tells the size', async () => {
  const { client } = await openVault();
  await client.put('key', BYTES);
  for (const start of [BYTES.length, BYTES.length + 10, 4 * CHUNK, 2 ** 52]) {
    const answer = await client.ask('GET', 'key', { headers: { range: `bytes=${start}-` } });
    expect([answer.status, answer.headers['content-range']]).toEqual([416, `bytes */${BYTES.length}`]);
    expect(answer.text).toContain(`<ActualObjectSize>${BYTES.length}</ActualObjectSize>`);
  }
});

it('answers HEAD of a range with its length and no bytes', async () => {
  const { client } = await openVault();
  await client.put('key', BYTES);
  const { status, headers, text } = await client.ask('HEAD', 'key', { headers: { range: 'bytes=10-19' } });
  expect([status, headers['content-length'], text]).toEqual([206, '10', '']);
  expect(headers['content-range']).toBe(`bytes 10-19/${BYTES.length}`);
});

it('answers all of an object that If-Range does not find any more', async () => {
  const { client } = await openVault();
  const { headers } = await client.put('key', BYTES);
  const read = async (etag: string) =>
    (await client.ask('GET', 'key', { headers: { range: 'bytes=5-9', 'if-range': etag } })).body;
  expect((await read(headers.etag ?? '')).equals(BYTES.subarray(5, 10))).toBe(true);
  expect((await read('"other"')).equals(BYTES)).toBe(true);
});

const PARTS = [randomBytes(2 * CHUNK), randomBytes(2 * CHUNK), randomBytes(CHUNK + 7)];
const WHOLE = Buffer.concat(PARTS);

it('answers ranges over the borders of parts, and parts by their numbers', async () => {
  const { client } = await openVault();
  await putInParts(client, 'key', PARTS);
  expect((await client.ask('GET', 'key')).body.equals(WHOLE)).toBe(true);
  const borders = [0, CHUNK, 2 * CHUNK - 1, 2 * CHUNK, 4 * CHUNK - 1, 4 * CHUNK, 5 * CHUNK, WHOLE.length - 1];
  for (const start of borders) {
    for (const end of borders.filter((border) => border >= start)) {
      const { body } = await client.ask('GET', 'key', { headers: { range: `bytes=${start}-${end}` } });
      expect(body.equals(WHOLE.subarray(start, end + 1))).toBe(true);
    }
  }
  for (const [index, part] of PARTS.entries()) {
    const answer = await client.ask('GET', 'key', { query: `partNumber=${index + 1}` });
    expect(answer.body.equals(part)).toBe(true);
    expect(answer.headers['x-amz-mp-parts-count']).toBe('3');
  }
});

it('looks at the first part once, to know where a last one that is read alone has to be', async () => {
  const { client, asked } = await openVault();
  await putInParts(client, 'key', PARTS);
  asked.length = 0;
  for (const range of ['bytes=-5', `bytes=${4 * CHUNK}-`])
    await client.ask('GET', 'key', { headers: { range } });
  expect(asked.map(({ headers }) => headers.range)).toEqual([
    `bytes=-${2 * RECORD}`,
    `bytes=0-${RECORD - 1}`,
    `bytes=${4 * RECORD}-`,
  ]);
});

it('asks to come again when the object is replaced between the looks at its last part and its first', async () => {
  const { store } = await openVault();
  const write = new StoreClient(encrypting()(store), 'bucket');
  await putInParts(write, 'key', PARTS);
  let looks = 0;
  const service = encrypting()(async (request) => {
    looks += 1;
    if (looks === 2) await putInParts(write, 'key', [PARTS[0] ?? '', 'other']);
    return store(request);
  });
  const range = { headers: { range: 'bytes=-5' } };
  const answer = await new StoreClient(service, 'bucket').ask('GET', 'key', range);
  expectError(answer, 503, 'ServiceUnavailable');
  expect((await write.ask('GET', 'key', range)).text).toBe('other');
});

it('reads an upload whose last part is empty', async () => {
  const { client } = await openVault();
  await putInParts(client, 'key', [PARTS[0] ?? '', '']);
  const answer = await client.ask('GET', 'key');
  expect([answer.headers['content-length'], answer.body.equals(WHOLE.subarray(0, 2 * CHUNK))]).toEqual([
    String(2 * CHUNK),
    true,
  ]);
  const last = await client.ask('GET', 'key', { headers: { range: 'bytes=-3' } });
  expect(last.body.equals(WHOLE.subarray(2 * CHUNK - 3, 2 * CHUNK))).toBe(true);
});

it('serves objects that were there before as they are, and refuses them when it is to be strict', async () => {
  const { client, raw, under } = await openVault();
  await raw.put('old', 'written in the clear', { 'x-amz-checksum-crc32': '4f4gWQ==' });
  expect(await client.text('old')).toBe('written in the clear');
  const ranged = await client.ask('GET', 'old', { headers: { range: 'bytes=8-9' } });
  expect([ranged.status, ranged.text, ranged.headers['content-range']]).toEqual([206, 'in', 'bytes 8-9/20']);
  const beyond = await client.ask('GET', 'old', { headers: { range: 'bytes=20-' } });
  expect([beyond.status, beyond.headers['content-range']]).toEqual([416, 'bytes */20']);
  const strict = await under({ strict: true }).ask('GET', 'old');
  expect([strict.status, strict.text]).toEqual([403, expect.stringContaining('is not encrypted')]);
});
