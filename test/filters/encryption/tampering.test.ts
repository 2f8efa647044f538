import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { CHUNK, RECORD } from '../../../src/filters/encryption/format.js';
import { collect } from '../../../src/s3/body.js';
import type { S3Service } from '../../../src/s3/message.js';
import { expectError, putInParts } from '../../contract/backend/scene.js';
import { StoreClient } from '../../support/store-client.js';
import { encrypting, testKey } from './encrypting.js';
import { openVault, type Vault } from './vault.js';

const BYTES = randomBytes(3 * CHUNK + 1000);
const PARTS = [randomBytes(2 * CHUNK), randomBytes(2 * CHUNK), randomBytes(CHUNK + 9)];

/** Puts other bytes in the place of what the store has, with the same metadata. */
async function replace({ raw }: Vault, key: string, bytes: Buffer, as = key): Promise<void> {
  const { headers } = await raw.ask('HEAD', key);
  await raw.put(as, bytes, metadataOf(headers));
}

const metadataOf = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('x-amz-meta-')));

const storedBytes = async ({ raw }: Vault, key: string): Promise<Buffer> => (await raw.ask('GET', key)).body;

/** Whether a read comes to an error, whose bytes, if any, are a part of the truth. */
async function failsToRead({ client }: Vault, key: string, truth: Buffer, range?: string): Promise<boolean> {
  const chunks: Buffer[] = [];
  try {
    const answer = await client.open('GET', key, range === undefined ? {} : { headers: { range } });
    if (answer.status >= 400) return true;
    for await (const chunk of Buffer.isBuffer(answer.body) ? [answer.body] : (answer.body ?? []))
      chunks.push(chunk);
  } catch {
    expect(truth.subarray(0, Buffer.concat(chunks).length).equals(Buffer.concat(chunks))).toBe(true);
    return true;
  }
  return false;
}

const records = (stored: Buffer): Buffer[] => {
  const cut: Buffer[] = [];
  for (let at = 0; at < stored.length; at += RECORD) cut.push(stored.subarray(at, at + RECORD));
  return cut;
};

describe('an object of one PUT', () => {
  async function stored(): Promise<{ vault: Vault; bytes: Buffer }> {
    const vault = await openVault();
    await vault.client.put('key', BYTES);
    return { vault, bytes: await storedBytes(vault, 'key') };
  }

  it('is not read with a bit changed anywhere: at each border of a record, of its header and its tag, and around it', async () => {
    const { vault, bytes } = await stored();
    const borders = records(bytes).flatMap((record, index) =>
      [0, 16, 22, 24, 29, 32, record.length - 16, record.length].map((at) => index * RECORD + at),
    );
    const places = new Set(borders.flatMap((at) => [at - 1, at, at + 1]));
    for (const place of [...places].filter((at) => at >= 0 && at < bytes.length)) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(place) ^ 1, place);
      await replace(vault, 'key', changed);
      expect(await failsToRead(vault, 'key', BYTES), `bit in byte ${place}`).toBe(true);
      const inChunk = Math.floor(place / RECORD) * CHUNK;
      expect(await failsToRead(vault, 'key', BYTES.subarray(inChunk), `bytes=${inChunk}-${inChunk}`)).toBe(
        true,
      );
    }
  });

  it('is not read when it was cut off or extended, at each border of a chunk and beside it', async () => {
    const { vault, bytes } = await stored();
    const ends = records(bytes).flatMap((_, index) =>
      [-1, 0, 1, 47, 48].map((more) => index * RECORD + more),
    );
    for (const end of ends.filter((at) => at >= 0 && at < bytes.length)) {
      await replace(vault, 'key', bytes.subarray(0, end));
      expect(await failsToRead(vault, 'key', BYTES), `cut off at ${end}`).toBe(true);
      expect(await failsToRead(vault, 'key', BYTES, 'bytes=0-0'), `one byte, cut off at ${end}`).toBe(true);
    }
    for (const more of [bytes.subarray(0, RECORD), Buffer.alloc(1), bytes.subarray(-48)]) {
      await replace(vault, 'key', Buffer.concat([bytes, more]));
      expect(await failsToRead(vault, 'key', BYTES)).toBe(true);
    }
  });

  it('is not read with chunks in another order, left out, or twice', async () => {
    const { vault, bytes } = await stored();
    const [a, b, c, d] = records(bytes) as [Buffer, Buffer, Buffer, Buffer];
    for (const order of [
      [b, a, c, d],
      [a, c, b, d],
      [a, b, d],
      [a, c, d],
      [a, a, c, d],
      [a, b, c, c, d],
    ]) {
      await replace(vault, 'key', Buffer.concat(order));
      expect(await failsToRead(vault, 'key', BYTES)).toBe(true);
      // What is where it was is read.
      if (order.length === 4) continue;
      expect(await failsToRead(vault, 'key', BYTES.subarray(-1), 'bytes=-1')).toBe(true);
    }
  });

  it('is not read under another name, nor with chunks of an older write of the same name', async () => {
    const { vault, bytes: old } = await stored();
    await replace(vault, 'key', old, 'other');
    expect(await failsToRead(vault, 'other', BYTES)).toBe(true);
    await vault.client.put('key', BYTES);
    const fresh = await storedBytes(vault, 'key');
    const mixed = records(fresh).map((record, index) => (index === 1 ? (records(old)[1] ?? record) : record));
    await replace(vault, 'key', Buffer.concat(mixed));
    expect(await failsToRead(vault, 'key', BYTES)).toBe(true);
    expect(await failsToRead(vault, 'key', BYTES.subarray(CHUNK), `bytes=${CHUNK}-${CHUNK}`)).toBe(true);
  });

  it('is not read when the store ends before it has sent all', async () => {
    const { vault } = await stored();
    const lossy: S3Service = async (request) => {
      const { body, ...answer } = await vault.store(request);
      const bytes = await collect(body, 10 * RECORD);
      return { ...answer, body: Readable.from([bytes.subarray(0, 2 * RECORD)]) };
    };
    const client = new StoreClient(encrypting()(lossy), 'bucket');
    await expect(client.ask('GET', 'key')).rejects.toThrow('its end is missing');
  });

  it('is not read when the store answers another range than it was asked for', async () => {
    const { vault } = await stored();
    const skewed: S3Service = (request) => {
      const headers = { ...request.headers, range: `bytes=${RECORD}-${2 * RECORD - 1}` };
      return vault.store({ ...request, headers });
    };
    const client = new StoreClient(encrypting()(skewed), 'bucket');
    const range = { headers: { range: `bytes=0-${2 * CHUNK}` } };
    expectError(await client.ask('GET', 'key', range), 500, 'InternalError');
  });

  it('is not read with a key that has its name and other bytes', async () => {
    const { vault } = await stored();
    const other = vault.under({ keys: [testKey('k1', 9)] });
    const answer = await other.ask('GET', 'key');
    expect([answer.status, answer.body.includes(BYTES.subarray(0, 32))]).toEqual([500, false]);
  });
});

describe('an object in parts', () => {
  const WHOLE = Buffer.concat(PARTS);

  /** In the place of the object another upload, of these parts as they are stored. */
  async function withStored(change: (parts: Buffer[]) => Buffer[]): Promise<Vault> {
    const vault = await openVault();
    await putInParts(vault.client, 'key', PARTS);
    const all = records(await storedBytes(vault, 'key'));
    const parts = [all.slice(0, 2), all.slice(2, 4), all.slice(4)].map((part) => Buffer.concat(part));
    const { headers } = await vault.raw.ask('HEAD', 'key');
    await putInParts(vault.raw, 'key', change(parts), metadataOf(headers));
    return vault;
  }

  const everyRange = ['bytes=0-0', `bytes=${2 * CHUNK}-${2 * CHUNK}`, 'bytes=-1', undefined];

  it('is read when nothing was changed', async () => {
    const vault = await withStored((parts) => parts);
    expect((await vault.client.ask('GET', 'key')).body.equals(WHOLE)).toBe(true);
  });

  it('is not read with parts in another order, or one in the place of another', async () => {
    for (const order of [
      [1, 0, 2],
      [0, 0, 2],
      [1, 1, 2],
    ]) {
      const vault = await withStored((parts) => order.map((index) => parts[index] ?? Buffer.alloc(0)));
      expect(await failsToRead(vault, 'key', WHOLE)).toBe(true);
    }
  });

  it('is not read with chunks of its last part missing, not even the end that is left', async () => {
    const vault = await withStored(([a, b, c]) => [a, b, c?.subarray(0, RECORD)] as Buffer[]);
    for (const range of [undefined, 'bytes=-1']) {
      expect(await failsToRead(vault, 'key', WHOLE, range)).toBe(true);
    }
  });

  it('is not read with whole parts missing of those that its ETag counts', async () => {
    const vault = await withStored((parts) => parts);
    for (const left of [4 * RECORD, 2 * RECORD]) {
      const lossy: S3Service = async (request) => {
        const { headers, body, ...answer } = await vault.store(request);
        const kept = Buffer.isBuffer(body) ? body : await collect(body, 10 * RECORD);
        return {
          ...answer,
          headers: { ...headers, 'content-length': `${left}` },
          body: kept.subarray(0, left),
        };
      };
      const answer = await new StoreClient(encrypting()(lossy), 'bucket').ask('GET', 'key');
      expectError(answer, 500, 'InternalError');
    }
  });

  it('is not read with a chunk missing in every part, whichever range is asked for', async () => {
    const vault = await withStored(([a, b, c]) => [a?.subarray(RECORD), b?.subarray(RECORD), c] as Buffer[]);
    for (const range of everyRange) expect(await failsToRead(vault, 'key', WHOLE, range)).toBe(true);
  });

  it('is not read with a chunk missing in one part, not even the part behind it', async () => {
    const vault = await withStored(([a, b, c]) => [a?.subarray(0, RECORD), b, c] as Buffer[]);
    for (const range of ['bytes=-1', `bytes=${2 * CHUNK}-${2 * CHUNK}`, undefined])
      expect(await failsToRead(vault, 'key', WHOLE, range)).toBe(true);
  });

  it('is not read as one PUT, which tells no number of parts', async () => {
    const vault = await withStored((parts) => parts);
    await replace(vault, 'key', (await storedBytes(vault, 'key')).subarray(0, 4 * RECORD));
    for (const range of everyRange) expect(await failsToRead(vault, 'key', WHOLE, range)).toBe(true);
  });

  it('is not read with a part of another upload of the same name', async () => {
    const vault = await openVault();
    await putInParts(vault.client, 'key', PARTS);
    const old = records(await storedBytes(vault, 'key'));
    await putInParts(vault.client, 'key', PARTS);
    const fresh = records(await storedBytes(vault, 'key'));
    const { headers } = await vault.raw.ask('HEAD', 'key');
    const parts = [fresh.slice(0, 2), old.slice(2, 4), fresh.slice(4)].map((part) => Buffer.concat(part));
    await putInParts(vault.raw, 'key', parts, metadataOf(headers));
    expect(await failsToRead(vault, 'key', WHOLE)).toBe(true);
  });
});
