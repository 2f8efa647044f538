import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { JobJson } from '../../src/gateway/admin/job-schemas.js';
import { startTestGateway, type TestGateway } from './harness.js';

const SECRET = 'nobody but clients may read this';
const OBJECTS = 12;
const PARTS = Buffer.concat([Buffer.alloc(6 * 1024 * 1024, SECRET), Buffer.from('the end')]);

let folder: string;
let gateway: TestGateway;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'penumbra-encrypted-'));
  gateway = await startTestGateway();
});

afterEach(async () => {
  await gateway.close();
  await rm(folder, { recursive: true });
});

const aes = (key_id: string) => ({ mode: 'aes256-gcm', key_id, key: randomBytes(32).toString('hex') });
const none = () => ({ mode: 'none' });

async function addBackend(name: string, encryption: object): Promise<void> {
  await gateway.admin('POST', '/backends', {
    name,
    type: 'filesystem',
    path: join(folder, name),
    encryption,
  });
}

async function fill(): Promise<void> {
  const client = gateway.sdk();
  for (let index = 0; index < OBJECTS; index += 1)
    await client.send(
      new PutObjectCommand({ Bucket: 'photos', Key: `k${index}`, Body: `${SECRET} ${index}` }),
    );
  const params = { Bucket: 'photos', Key: 'parts', Body: PARTS };
  await new Upload({ client, params, partSize: 5 * 1024 * 1024 }).done();
}

async function read(key: string): Promise<Buffer> {
  const { Body } = await gateway.sdk().send(new GetObjectCommand({ Bucket: 'photos', Key: key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

async function expectAll(): Promise<void> {
  for (let index = 0; index < OBJECTS; index += 1)
    expect((await read(`k${index}`)).toString()).toBe(`${SECRET} ${index}`);
  expect((await read('parts')).equals(PARTS)).toBe(true);
  const { Contents = [] } = await gateway.sdk().send(new ListObjectsV2Command({ Bucket: 'photos' }));
  expect(Contents.find(({ Key }) => Key === 'parts')?.Size).toBe(PARTS.length);
  expect(Contents).toHaveLength(OBJECTS + 1);
}

/** Whether any file of a backend has what clients wrote, as they wrote it. */
async function tellsSecrets(backend: string): Promise<boolean> {
  const entries = await readdir(join(folder, backend), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const contents = await Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name))));
  return contents.some((bytes) => bytes.includes(SECRET));
}

async function finished(id: number): Promise<JobJson> {
  const look = () => gateway.admin('GET', `/jobs/${id}`) as unknown as Promise<JobJson>;
  await expect.poll(async () => (await look()).finished_at, { timeout: 40_000 }).not.toBeNull();
  return look();
}

const COMBINATIONS: [name: string, from: object, to: object][] = [
  ['none to aes256-gcm', none(), aes('new')],
  ['aes256-gcm to none', aes('old'), none()],
  ['aes256-gcm to aes256-gcm with another key', aes('old'), aes('new')],
  ['aes256-gcm to aes256-gcm with another key of the same name', aes('same'), aes('same')],
];

test.each(COMBINATIONS)('a bucket moves from %s, and is proved by its content', async (_, from, to) => {
  await addBackend('from', from);
  await addBackend('to', to);
  await gateway.createBucket('photos', { backend: 'from' });
  await fill();
  const isPlain = (encryption: object) => 'mode' in encryption && encryption.mode === 'none';
  expect(await tellsSecrets('from')).toBe(isPlain(from));
  await gateway.admin('POST', '/buckets/photos/migrate', { target_backend: 'to', delete_source: true });
  const job = await finished(1);
  expect(job, JSON.stringify(job)).toMatchObject({
    status: 'succeeded',
    progress: { failed: 0 },
    detail: { removed: { deleted: OBJECTS + 1, left: 0 } },
  });
  await expectAll();
  expect(await tellsSecrets('to')).toBe(isPlain(to));
  await gateway.admin('DELETE', '/backends/from');
  await expectAll();
});

test('a move that is cancelled while it copies leaves the encrypted bucket as it was, each object untouched', async () => {
  await addBackend('from', aes('old'));
  await addBackend('to', aes('new'));
  await gateway.createBucket('photos', { backend: 'from' });
  await fill();
  const listed = async () => {
    const { Contents = [] } = await gateway.sdk().send(new ListObjectsV2Command({ Bucket: 'photos' }));
    return Contents.map(({ Key, ETag, LastModified }) => [Key, ETag, LastModified]);
  };
  const before = await listed();
  const wish = { target_backend: 'to', limits: { max_requests: 4 } };
  await gateway.admin('POST', '/buckets/photos/migrate', wish);
  const look = () => gateway.admin('GET', '/jobs/1') as unknown as Promise<JobJson>;
  const copied = async () => (await look()).progress.processed;
  await expect.poll(copied, { timeout: 30_000 }).toBeGreaterThan(2);
  await gateway.admin('POST', '/jobs/1/cancel');
  expect(await finished(1)).toMatchObject({ status: 'cancelled' });
  expect(await listed()).toEqual(before);
  await expectAll();
});

test('what clients write to both while an encrypted bucket moves is deleted at the old place with the rest', async () => {
  await addBackend('from', aes('old'));
  await addBackend('to', aes('new'));
  await gateway.createBucket('photos', { backend: 'from' });
  await fill();
  const wish = { target_backend: 'to', writes: 'live', delete_source: true, limits: { max_requests: 4 } };
  await gateway.admin('POST', '/buckets/photos/migrate', wish);
  const look = () => gateway.admin('GET', '/jobs/1') as unknown as Promise<JobJson>;
  await expect.poll(async () => (await look()).progress.processed, { timeout: 30_000 }).toBeGreaterThan(2);
  const written = { Bucket: 'photos', Key: 'written', Body: SECRET };
  await gateway.sdk().send(new PutObjectCommand(written));
  const { phase } = await look();
  expect(['copy', 'verify']).toContain(phase);
  expect(await finished(1)).toMatchObject({
    status: 'succeeded',
    detail: { removed: { deleted: OBJECTS + 2, left: 0 } },
  });
  expect((await read('written')).toString()).toBe(SECRET);
});
