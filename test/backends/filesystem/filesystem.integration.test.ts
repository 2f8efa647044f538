import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, it, onTestFinished } from 'vitest';
import type { Backend } from '../../../src/backends/backend.js';
import { createFilesystemBackend } from '../../../src/backends/filesystem/filesystem.js';
import { readListing } from '../../../src/s3/xml/listing.js';
import { systemClock } from '../../../src/system/clock.js';
import { completeUpload, putInParts, startUpload, uploadPart } from '../../contract/backend/scene.js';
import { run, startProcess } from '../../support/processes.js';
import { read, StoreClient } from '../../support/store-client.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const CHILD = new URL('store-child.mjs', import.meta.url).pathname;
const BUCKET = 'bucket';

function open(path: string): { backend: Backend; client: StoreClient } {
  const backend = createFilesystemBackend({ name: 'disk', path, clock: systemClock, minPartSize: 1 });
  onTestFinished(() => backend.close());
  return { backend, client: new StoreClient(backend.service, BUCKET) };
}

async function withBucket() {
  const path = await temporaryFolder();
  const opened = open(path);
  expect((await opened.client.ask('PUT', '')).status).toBe(200);
  return { path, ...opened };
}

const filesIn = (path: string, folder: string): Promise<string[]> => readdir(join(path, BUCKET, folder));

it('has every acknowledged object, and only whole ones, after kill -9 in the middle of writes', async () => {
  const { path, backend } = await withBucket();
  await backend.close();
  for (let round = 0; round < 3; round++) {
    const child = await startProcess(process.execPath, [CHILD, path, 'flood', BUCKET], {
      until: new RegExp(`200 key-3 ${400_003 + round * 7}`),
    });
    await child.stop('SIGKILL');
    const { client, backend: reopened } = open(path);
    const listed = readListing((await client.ask('GET', '', { query: 'list-type=2' })).text).objects;
    expect(listed.map(({ key }) => key)).toEqual(['key-0', 'key-1', 'key-2', 'key-3']);
    for (const { key, size, etag } of listed) {
      const { body } = await client.ask('GET', key);
      expect([body.length, md5(body)]).toEqual([size, etag]);
      const acknowledged = lastAnswered(child.output(), key);
      expect([acknowledged, acknowledged + 1]).toContain(size);
    }
    await reopened.close();
  }
});

it('leaves nothing of what a killed process was writing', async () => {
  const { path, backend } = await withBucket();
  await backend.close();
  const child = await startProcess(process.execPath, [CHILD, path, 'flood', BUCKET], {
    until: /200 key-3 400001/,
  });
  await child.stop('SIGKILL');
  const { client } = open(path);
  await client.put('key-3', 'small');
  expect(await filesIn(path, 'staging')).toEqual([]);
  expect(await filesIn(path, 'files')).toHaveLength(1);
});

it('removes what a process left in the middle of a write, once that process has ended', async () => {
  const { path, backend } = await withBucket();
  await backend.close();
  const child = await startProcess(process.execPath, [CHILD, path, 'stall', BUCKET], { until: /halfway/ });
  const meanwhile = open(path);
  expect((await meanwhile.client.ask('HEAD', '')).status).toBe(200);
  expect(await filesIn(path, 'staging')).toHaveLength(1);
  await meanwhile.backend.close();

  await child.stop('SIGKILL');
  const { client } = open(path);
  expect((await client.ask('HEAD', '')).status).toBe(200);
  expect(await filesIn(path, 'staging')).toEqual([]);
  expect(await client.text('key')).toBeUndefined();
});

it('lets a write of another process end, though the bucket is opened meanwhile', async () => {
  const { path, backend } = await withBucket();
  await backend.close();
  const child = await startProcess(process.execPath, [CHILD, path, 'stall', BUCKET], { until: /halfway/ });
  const { client } = open(path);
  await client.put('other', 'text');
  await child.stop('SIGTERM');
  expect(child.output()).toContain('answered 200');
  expect((await client.ask('GET', 'key')).body.length).toBe(100_000);
});

it('has one winner for each key that several processes create', async () => {
  const { path, client } = await withBucket();
  const children = await Promise.all(
    [1, 2, 3].map(() => run(process.execPath, [CHILD, path, 'create', BUCKET, '60'])),
  );
  expect(children.map(({ code, stderr }) => [code, stderr])).toEqual(children.map(() => [0, '']));
  const created = children.flatMap(({ stdout }) => stdout.trim().split('\n').filter(Boolean));
  expect(created).toHaveLength(60);
  expect(new Set(created).size).toBe(60);
  expect(await client.keys()).toHaveLength(60);
});

it('sees at once what another process wrote', async () => {
  const { path, client } = await withBucket();
  expect(await client.text('key-0')).toBeUndefined();
  // Nothing of this process happens in between that could make it look anew.
  spawnSync(process.execPath, [CHILD, path, 'create', BUCKET, '1']);
  expect(await client.text('key-0')).toMatch(/^\d+$/);
});

it('sees at once that another process deleted a bucket and made it anew', async () => {
  const { path, client } = await withBucket();
  expect(await client.text('key')).toBeUndefined();
  spawnSync(process.execPath, [CHILD, path, 'remake', BUCKET]);
  expect(await client.text('key')).toBe('new');
  expect((await client.put('other', 'text')).status).toBe(200);
});

it('moves a bucket with its folder', async () => {
  const { path, backend, client } = await withBucket();
  const large = randomBytes(100_000);
  await client.put('small', 'text', { 'x-amz-meta-a': 'b' });
  await client.put('large', large);
  await putInParts(client, 'parts', [large, large]);
  await backend.close();

  const elsewhere = await temporaryFolder();
  await rename(join(path, BUCKET), join(elsewhere, 'renamed'));
  const moved = new StoreClient(open(elsewhere).backend.service, 'renamed');
  expect((await moved.ask('GET', 'small')).headers['x-amz-meta-a']).toBe('b');
  expect((await moved.ask('GET', 'large')).body.equals(large)).toBe(true);
  expect((await moved.ask('GET', 'parts')).body.equals(Buffer.concat([large, large]))).toBe(true);
});

it('notices that the folder of a bucket is gone, and that it is back', async () => {
  const { path, client } = await withBucket();
  await client.put('key', 'text');
  await rename(join(path, BUCKET), join(path, 'elsewhere'));
  expect((await client.ask('GET', 'key')).text).toContain('NoSuchBucket');
  await rename(join(path, 'elsewhere'), join(path, BUCKET));
  expect(await client.text('key')).toBe('text');
  await rm(join(path, BUCKET), { recursive: true });
  expect((await client.put('key', 'text')).text).toContain('NoSuchBucket');
  expect((await client.ask('PUT', '')).status).toBe(200);
  expect(await client.keys()).toEqual([]);
});

it('keeps a bucket deleted by one process deleted for the others', async () => {
  const { path, client } = await withBucket();
  const other = open(path).client;
  await other.put('key', 'text');
  await client.ask('DELETE', 'key');
  expect((await client.ask('DELETE', '')).status).toBe(204);
  expect((await other.put('key', 'text')).text).toContain('NoSuchBucket');
  expect(await readdir(path)).toEqual([]);
});

it.each([
  ['this', (_path: string, client: StoreClient) => client],
  ['another', (path: string) => open(path).client],
] as const)('refuses a write that was under way when %s process deleted the bucket', async (_who, other) => {
  const { path, client } = await withBucket();
  const bodies = [new PassThrough(), new PassThrough()];
  const sizes = ['4', '100000'];
  const writing = bodies.map((body, index) =>
    client.ask('PUT', `key-${index}`, { body, headers: { 'content-length': sizes[index] ?? '' } }),
  );
  expect((await other(path, client).ask('DELETE', '')).status).toBe(204);
  bodies[0]?.end('text');
  bodies[1]?.end(Buffer.alloc(100_000));
  for (const answer of await Promise.all(writing)) expect(answer.text).toContain('NoSuchBucket');
  expect(await readdir(path)).toEqual([]);
});

it('deletes the files of objects that are replaced or deleted', async () => {
  const { path, client } = await withBucket();
  const large = randomBytes(100_000);
  for (let round = 0; round < 3; round++) await client.put('replaced', large);
  await client.put('deleted', large);
  await client.ask('DELETE', 'deleted');
  await putInParts(client, 'parts', [large, large, large]);
  expect(await filesIn(path, 'files')).toHaveLength(4);
  await client.put('parts', 'small');
  expect(await filesIn(path, 'files')).toHaveLength(1);
  expect(await filesIn(path, 'staging')).toEqual([]);
});

it('deletes the files of parts that are replaced, left out or aborted', async () => {
  const { path, client } = await withBucket();
  const large = randomBytes(100_000);
  const target = { key: 'key', uploadId: await startUpload(client, 'key') };
  await uploadPart(client, target, 1, large);
  const etag = await uploadPart(client, target, 1, large);
  await uploadPart(client, target, 2, large);
  expect(await filesIn(path, 'files')).toHaveLength(2);
  await completeUpload(client, target, [[1, etag]]);
  expect(await filesIn(path, 'files')).toHaveLength(1);

  const aborted = { key: 'key', uploadId: await startUpload(client, 'key') };
  await uploadPart(client, aborted, 1, large);
  await client.ask('DELETE', 'key', { query: `uploadId=${aborted.uploadId}` });
  expect(await filesIn(path, 'files')).toHaveLength(1);
  expect((await client.ask('GET', 'key')).body.equals(large)).toBe(true);
});

it('keeps the files of parts while somebody reads them, and no longer', async () => {
  const { path, client } = await withBucket();
  const parts = [randomBytes(400_000), randomBytes(400_000), randomBytes(100)];
  await putInParts(client, 'key', parts);
  const reading = await client.open('GET', 'key');
  await client.ask('DELETE', 'key');
  expect(await filesIn(path, 'files')).toHaveLength(2);
  expect((await read(reading)).equals(Buffer.concat(parts))).toBe(true);
  await expect.poll(() => filesIn(path, 'files')).toEqual([]);
  expect(await filesIn(path, 'pins')).toEqual([]);
});

it('deletes the files that a killed reader held, after the next write', async () => {
  const { path, backend, client } = await withBucket();
  await putInParts(client, 'key', [randomBytes(400_000), randomBytes(400_000)]);
  const child = await startProcess(process.execPath, [CHILD, path, 'hold', BUCKET], { until: /reading/ });
  await client.ask('DELETE', 'key');
  expect(await filesIn(path, 'files')).toHaveLength(2);
  await child.stop('SIGKILL');
  await backend.close();

  await open(path).client.put('other', 'text');
  expect(await filesIn(path, 'files')).toEqual([]);
  expect(await filesIn(path, 'pins')).toEqual([]);
});

it('gives up a body that breaks without leaving a file', async () => {
  const { path, client } = await withBucket();
  const headers = { 'content-length': '100001' };
  const { status } = await client.ask('PUT', 'key', { body: Buffer.alloc(100_000), headers });
  expect(status).toBe(400);
  expect([await filesIn(path, 'files'), await filesIn(path, 'staging')]).toEqual([[], []]);
});

it('answers no request after it was closed', async () => {
  const { client, backend } = await withBucket();
  await backend.close();
  await expect(client.ask('GET', 'key')).rejects.toThrow('backend disk gave no answer (closed)');
});

/** The size of the last object of this key whose PUT was answered; sizes grow by one. */
function lastAnswered(output: string, key: string): number {
  const sizes = [...output.matchAll(new RegExp(`^200 ${key} (\\d+)$`, 'gm'))].map(([, size]) => Number(size));
  return Math.max(...sizes);
}

const md5 = (bytes: Buffer): string => `"${createHash('md5').update(bytes).digest('hex')}"`;
