import { randomUUID } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import type { Backend } from '../../../src/backends/backend.js';
import { createFilesystemBackend } from '../../../src/backends/filesystem/filesystem.js';
import { createRemoteBackend } from '../../../src/backends/remote/remote.js';
import { atBucket } from '../../../src/filters/at-bucket.js';
import type { S3Filter } from '../../../src/s3/message.js';
import { systemClock } from '../../../src/system/clock.js';
import { describeWith } from '../../support/describe-with.js';
import { sharedRgw } from '../../support/shared-rgw.js';
import { StoreClient } from '../../support/store-client.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { type Moving, type MovingOptions, movingBucket } from '../moving.js';
import { operationsOf, uploadTo } from './in-parts.js';

const MIB = 1024 * 1024;

/** Counts the bytes of bodies that pass, either way. */
function counting(): { readonly filter: S3Filter; bytes(): number } {
  let bytes = 0;
  const filter: S3Filter = (service) => async (request) => {
    bytes += Number(request.headers['content-length'] ?? 0);
    const answer = await service(request);
    if (request.method !== 'HEAD' && request.operation === 'GetObject')
      bytes += Number(answer.headers['content-length'] ?? 0);
    return answer;
  };
  return { filter, bytes: () => bytes };
}

async function within(
  backend: Backend,
  options: MovingOptions,
): Promise<Moving & Pick<ReturnType<typeof counting>, 'bytes'>> {
  onTestFinished(() => backend.close());
  const names = { target: `new-${randomUUID()}`, shadow: `old-${randomUUID()}` };
  for (const name of Object.values(names)) await new StoreClient(backend.service, name).ask('PUT', '');
  const stores = {
    target: atBucket(names.target)(backend.service),
    shadow: atBucket(names.shadow)(backend.service),
  };
  const { filter, bytes } = counting();
  const moving = await movingBucket({
    stores,
    inOneStore: names,
    onTarget: filter,
    onShadow: filter,
    ...options,
  });
  return { ...moving, bytes };
}

const KEYS = ['plain', 'with space/ß 🌘', "odd!*'()&=;,:@$", 'a/../b'];

async function expectCopied(moving: Awaited<ReturnType<typeof within>>): Promise<void> {
  for (const key of KEYS) {
    await moving.shadow.put(key, `${key} `.repeat(10_000), { 'x-amz-meta-color': 'red' });
    const { headers } = await moving.shadow.ask('HEAD', key);
    const listed = { size: Number(headers['content-length']), etag: headers.etag ?? '' };
    expect(await moving.bucket.migrate(key, { listed })).toEqual({ state: 'copied', bytes: listed.size });
    const copy = await moving.target.ask('GET', key);
    expect(copy.headers).toMatchObject({
      etag: headers.etag,
      'x-amz-meta-color': 'red',
      'x-amz-meta-penumbra-source-etag': headers.etag,
    });
    expect(copy.text).toBe(`${key} `.repeat(10_000));
  }
  expect(operationsOf(moving.asked.target, 'CopyObject')).toBe(KEYS.length);
  expect(moving.bytes()).toBe(0);
  expect(moving.losses).toEqual([]);
}

it('a folder copies from one of its buckets to another, and no byte passes the gateway', async () => {
  const disk = createFilesystemBackend({ name: 'disk', path: await temporaryFolder(), clock: systemClock });
  const conditionalWrites = { put: true, complete: true, match: true, copy: true };
  await expectCopied(await within(disk, { conditionalWrites }));
});

describeWith(['radosgw'], 'Ceph RGW copies by itself', () => {
  /** What the probe finds out of it. */
  const conditionalWrites = { put: true, complete: false, match: false, copy: false };
  const rgw = async () =>
    createRemoteBackend({ name: 'rgw', forcePathStyle: true, clock: systemClock, ...(await sharedRgw()) });

  it('where all writers announce themselves, and no byte passes the gateway', async () => {
    await expectCopied(await within(await rgw(), { conditionalWrites, rung: 'exclusive' }));
  });

  it('what was uploaded in parts, with its ETag', async () => {
    const moving = await within(await rgw(), { conditionalWrites, rung: 'exclusive' });
    const etag = await uploadTo(moving, 'k', ['a'.repeat(5 * MIB), 'b']);
    expect(await moving.bucket.migrate('k', { listed: { size: 5 * MIB + 1, etag } })).toMatchObject({
      state: 'copied',
    });
    expect((await moving.target.ask('HEAD', 'k')).headers.etag).toBe(etag);
    expect([moving.bytes(), moving.losses]).toEqual([0, []]);
  });

  it('not where a plain write could come in between, which it would replace', async () => {
    const moving = await within(await rgw(), { conditionalWrites });
    await moving.shadow.put('k', 'bytes');
    const listed = { size: 5, etag: '' };
    expect(await moving.bucket.migrate('k', { listed })).toMatchObject({ state: 'copied' });
    expect(operationsOf(moving.asked.target, 'CopyObject')).toBe(0);
  });
});
