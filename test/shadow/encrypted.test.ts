import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createMemoryBackend } from '../../src/backends/memory/memory.js';
import { atBucket } from '../../src/filters/at-bucket.js';
import { CHUNK } from '../../src/filters/encryption/format.js';
import { createChecksum } from '../../src/s3/checksums.js';
import type { S3Filter, S3Service } from '../../src/s3/message.js';
import { alignStores } from '../../src/sweep/align.js';
import { createVerifier } from '../../src/sweep/compare/verify.js';
import { rowsOf } from '../../src/sweep/rows.js';
import { systemClock } from '../../src/system/clock.js';
import { putInParts } from '../contract/backend/scene.js';
import { encrypting, testKey } from '../filters/encryption/encrypting.js';
import { StoreClient } from '../support/store-client.js';
import { type Moving, type MovingOptions, movingBucket } from './moving.js';
import { Uploading } from './uploading.js';

const SIGNAL = new AbortController().signal;
const MIB = 1024 * 1024;

const asIs: S3Filter = (service) => service;
const aes = (keyId: string, byte: number): S3Filter => encrypting({ keys: [testKey(keyId, byte)] });

const COMBINATIONS: [name: string, shadow: S3Filter, target: S3Filter][] = [
  ['none to aes256-gcm', asIs, aes('t', 1)],
  ['aes256-gcm to none', aes('s', 1), asIs],
  ['aes256-gcm to aes256-gcm with another key', aes('s', 1), aes('t', 2)],
];

interface Raw {
  readonly shadow: StoreClient;
  readonly target: StoreClient;
}

async function between(
  onShadow: S3Filter,
  onTarget: S3Filter,
  options: MovingOptions = {},
): Promise<Moving & { readonly raw: Raw }> {
  const open = async (name: string): Promise<S3Service> => {
    const { service } = createMemoryBackend({ name, clock: systemClock, minPartSize: 1 });
    await new StoreClient(service, name).ask('PUT', '');
    return atBucket(name)(service);
  };
  const [shadow, target] = [await open('old'), await open('new')];
  const moving = await movingBucket({
    ...options,
    stores: { shadow: onShadow(shadow), target: onTarget(target) },
    encrypted: { shadow: onShadow !== asIs, target: onTarget !== asIs },
  });
  return {
    ...moving,
    raw: { shadow: new StoreClient(shadow, 'old'), target: new StoreClient(target, 'new') },
  };
}

async function results(moving: Moving, level: 'listing' | 'checksum' | 'content') {
  const verify = createVerifier({
    ...moving.stores,
    ledger: moving.ledger,
    provenance: true,
    from: moving.from,
    writeThrough: false,
    level,
    signal: SIGNAL,
  });
  const found: Record<string, string> = {};
  const bucket = { ...moving.stores, ledger: moving.ledger, prefix: '' };
  for await (const row of rowsOf(bucket, {}, SIGNAL)) found[row.key] = (await verify(row)).result;
  return found;
}

const bodies: Record<string, Buffer> = {
  empty: Buffer.alloc(0),
  small: Buffer.from('some text that is not secret enough'),
  chunks: randomBytes(3 * CHUNK + 17),
};

const ODD_PARTS = [randomBytes(5_500_000), randomBytes(6_000_001), randomBytes(9)];

describe.each(COMBINATIONS)('from %s', (_, onShadow, onTarget) => {
  it('everything is brought over, and proved by its content', async () => {
    const moving = await between(onShadow, onTarget);
    const metadata = { 'content-type': 'text/css', 'x-amz-meta-a': 'b', 'x-amz-tagging': 'c=d' };
    for (const [key, body] of Object.entries(bodies)) await moving.shadow.put(key, body, metadata);
    const evenly = onShadow === asIs ? ODD_PARTS : [randomBytes(80 * CHUNK), randomBytes(5)];
    await putInParts(moving.shadow, 'parts', evenly, metadata);
    for await (const { key, source } of rowsOf(
      { ...moving.stores, ledger: moving.ledger, prefix: '' },
      {},
      SIGNAL,
    )) {
      expect(await moving.bucket.migrate(key, { listed: source })).toMatchObject({ state: 'copied' });
    }
    for (const [key, body] of [...Object.entries(bodies), ['parts', Buffer.concat(evenly)] as const]) {
      const { headers, body: read } = await moving.target.ask('GET', key);
      expect(read.equals(body)).toBe(true);
      expect(headers).toMatchObject({ 'content-type': 'text/css', 'x-amz-meta-a': 'b' });
      const raw = await moving.raw.target.ask('GET', key);
      expect(raw.body.equals(body)).toBe(onTarget === asIs);
    }
    const same = { empty: 'same', small: 'same', chunks: 'same', parts: 'same' };
    expect(await results(moving, 'checksum')).toEqual(same);
    expect(await results(moving, 'content')).toEqual(same);
    expect(Object.values(await results(moving, 'listing'))).not.toContain('different');
  });

  it('other bytes under the same size are found by checksum', async () => {
    const moving = await between(onShadow, onTarget);
    const crc32 = createChecksum('crc32');
    crc32.update(Buffer.from('one'));
    await moving.shadow.put('key', 'one', { 'x-amz-checksum-crc32': crc32.digest() });
    expect(await moving.bucket.migrate('key')).toMatchObject({ state: 'copied' });
    const { headers } = await moving.raw.target.ask('HEAD', 'key');
    const copied = Object.entries(headers).filter(([name]) => name.startsWith('x-amz-meta-penumbra-source'));
    await moving.target.put('key', 'two', Object.fromEntries(copied));
    expect(await results(moving, 'checksum')).toEqual({ key: 'different' });
  });

  it('a read brings an object over on its way, also a range of it', async () => {
    const moving = await between(onShadow, onTarget);
    const body = bodies.chunks ?? Buffer.alloc(0);
    for (const key of ['whole', 'range']) await moving.shadow.put(key, body);
    expect((await moving.client.ask('GET', 'whole')).body.equals(body)).toBe(true);
    const ranged = await moving.client.ask('GET', 'range', {
      headers: { range: `bytes=${CHUNK - 2}-${CHUNK}` },
    });
    expect(ranged.body.equals(body.subarray(CHUNK - 2, CHUNK + 1))).toBe(true);
    await moving.settled();
    for (const key of ['whole', 'range']) {
      expect((await moving.target.ask('GET', key)).body.equals(body)).toBe(true);
    }
  });

  it('what clients write goes to both, whole and in parts', async () => {
    const moving = await between(onShadow, onTarget, { writeThrough: true });
    await moving.client.put('key', bodies.chunks ?? '');
    const uploading = await Uploading.begin(moving.client, 'parts');
    await uploading.part(1, 'a'.repeat(2 * CHUNK));
    await uploading.part(2, 'b');
    expect((await uploading.complete()).status).toBe(200);
    for (const store of [moving.target, moving.shadow, moving.client]) {
      expect((await store.ask('GET', 'key')).body.equals(bodies.chunks ?? Buffer.alloc(0))).toBe(true);
      expect(await store.text('parts')).toBe(`${'a'.repeat(2 * CHUNK)}b`);
    }
  });

  it('before both change places, nothing that is the same is copied again', async () => {
    const moving = await between(onShadow, onTarget, { writeThrough: true });
    await moving.shadow.put('copied', 'as it was');
    expect(await moving.client.text('copied')).toBe('as it was');
    await moving.settled();
    await moving.client.put('written', 'through');
    await moving.shadow.put('stale', 'old');
    await moving.target.put('stale', 'new');
    const before = await moving.raw.shadow.ask('HEAD', 'copied');
    const aligned = await alignStores(
      { ...moving.stores, ledger: moving.ledger, prefix: '', from: moving.from, align: moving.bucket.align },
      SIGNAL,
    );
    expect(aligned).toEqual({ keys: 3, aligned: 1, isWhole: true });
    expect(await moving.shadow.text('stale')).toBe('new');
    expect((await moving.raw.shadow.ask('HEAD', 'copied')).headers.etag).toBe(before.headers.etag);
  });
});

it('a large object whose parts are odd is copied in even ones, in ranges', async () => {
  const moving = await between(asIs, aes('t', 1));
  const parts = [randomBytes(33_000_000), randomBytes(33_000_000), randomBytes(5 * MIB + 1)];
  await putInParts(moving.shadow, 'large', parts);
  const rows = rowsOf({ ...moving.stores, ledger: moving.ledger, prefix: '' }, {}, SIGNAL);
  const { value } = await rows.next();
  expect(await moving.bucket.migrate('large', { listed: value?.source })).toMatchObject({ state: 'copied' });
  expect((await moving.target.ask('GET', 'large')).body.equals(Buffer.concat(parts))).toBe(true);
  expect((await moving.target.ask('HEAD', 'large')).headers.etag).toMatch(/-2"$/);
});
