import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { BucketClient } from '../support/bucket-client.js';
import { type Files, readFolder, writeFolder } from '../support/folder.js';
import { type FinishedProcess, run } from '../support/processes.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { describeMoves, type World } from './scenarios.js';

const MEBIBYTE = 1024 * 1024;

const FILES: Files = {
  empty: Buffer.alloc(0),
  'plain.txt': Buffer.from('plain text'),
  'with space/and plus+.txt': Buffer.from('a plus and a space'),
  'percent%41/100%.txt': Buffer.from('percent signs that are no escapes'),
  'ümläut/🏖️.jpg': randomBytes(20_000),
  'deep/er/and/deeper.bin': randomBytes(300_000),
  ...Object.fromEntries(
    Array.from({ length: 20 }, (_, index) => [`many/${index}`, Buffer.from(`file ${index}`)]),
  ),
};

/** More than any of the clients sends in one piece. */
const LARGE = randomBytes(17 * MEBIBYTE);

/** A bucket of which one half has been copied; the large object was written in parts. */
async function halfMigrated(world: World) {
  const move = await world.move(async (old) => {
    for (const [key, content] of Object.entries(FILES)) await old.put(key, content);
    await old.putInParts('large.bin', LARGE);
  });
  for (const [index, key] of Object.keys(FILES).entries()) if (index % 2 === 0) await move.bucket.get(key);
  return move;
}

const ALL: Files = { ...FILES, 'large.bin': LARGE };

/** Fails with the output of a program that failed. */
async function succeed(running: Promise<FinishedProcess>): Promise<string> {
  const { code, stdout, stderr } = await running;
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

function expectSame(found: Files, wanted: Files): void {
  expect(Object.keys(found).sort()).toEqual(Object.keys(wanted).sort());
  for (const [path, content] of Object.entries(found)) expect(wanted[path]?.equals(content), path).toBe(true);
}

/** What a client of its own reads. */
async function readBucket(bucket: BucketClient): Promise<Files> {
  const keys = await bucket.keys();
  return Object.fromEntries(
    await Promise.all(keys.map(async (key) => [key, (await bucket.get(key)).bytes] as const)),
  );
}

/** Changes a client's copy of the bucket in every way. */
async function changeFolder(folder: string): Promise<Files> {
  const { 'plain.txt': _, ...rest } = ALL;
  const changed = {
    ...rest,
    'many/3': Buffer.from('changed, and longer'),
    'new file.bin': randomBytes(6 * MEBIBYTE),
  };
  await writeFolder(folder, changed);
  return changed;
}

const LMDB_ALONE = ({ state }: { readonly state: string }) => state === 'LMDB';

describeMoves(
  (world) => {
    test('aws s3: sync, cp, ls, rm, presign', { timeout: 120_000 }, async () => {
      const { bucket, old } = await halfMigrated(world());
      const folder = await temporaryFolder();
      const { endpoint, accessKeyId, secretAccessKey } = bucket.account;
      const env = {
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        AWS_DEFAULT_REGION: 'auto',
        AWS_CONFIG_FILE: join(folder, 'none'),
        AWS_SHARED_CREDENTIALS_FILE: join(folder, 'none'),
        AWS_EC2_METADATA_DISABLED: 'true',
      };
      const aws = (...args: string[]) =>
        succeed(run('aws', ['--endpoint-url', endpoint, 's3', ...args], { env }));
      const local = join(folder, 'local');
      await aws('sync', `s3://${bucket.name}`, local);
      expectSame(await readFolder(local), ALL);
      expect(await aws('ls', '--recursive', `s3://${bucket.name}/deep/`)).toMatch(
        /300000 deep\/er\/and\/deeper\.bin\n$/,
      );

      await writeFile(join(folder, 'new'), LARGE);
      await aws('cp', join(folder, 'new'), `s3://${bucket.name}/new in parts`);
      await aws('rm', `s3://${bucket.name}/plain.txt`);
      const { 'plain.txt': _, ...left } = ALL;
      expectSame(await readBucket(bucket), { ...left, 'new in parts': LARGE });
      await expect.poll(() => old.has('plain.txt')).toBe(false);

      const url = (await aws('presign', `s3://${bucket.name}/ümläut/🏖️.jpg`)).trim();
      const fetched = Buffer.from(await (await fetch(url)).arrayBuffer());
      expect(fetched.equals(ALL['ümläut/🏖️.jpg'] ?? LARGE)).toBe(true);
    });
  },
  { only: LMDB_ALONE, programs: ['aws'] },
);

describeMoves(
  (world) => {
    test('rclone: copy, check, sync', { timeout: 120_000 }, async () => {
      const { bucket, old } = await halfMigrated(world());
      const folder = await temporaryFolder();
      const { endpoint, accessKeyId, secretAccessKey } = bucket.account;
      const env = {
        RCLONE_CONFIG: join(folder, 'none'),
        RCLONE_CONFIG_MOVED_TYPE: 's3',
        RCLONE_CONFIG_MOVED_PROVIDER: 'Other',
        RCLONE_CONFIG_MOVED_ENDPOINT: endpoint,
        RCLONE_CONFIG_MOVED_ACCESS_KEY_ID: accessKeyId,
        RCLONE_CONFIG_MOVED_SECRET_ACCESS_KEY: secretAccessKey,
        AWS_CA_BUNDLE: undefined,
      };
      const rclone = (...args: string[]) => succeed(run('rclone', [...args, '--retries', '1'], { env }));
      const [remote, local] = [`moved:${bucket.name}`, join(folder, 'local')];
      await rclone('copy', remote, local);
      expectSame(await readFolder(local), ALL);
      await rclone('check', '--download', local, remote);

      const copy = join(folder, 'changed');
      const changed = await changeFolder(copy);
      await rclone('sync', copy, remote);
      await rclone('check', copy, remote);
      expectSame(await readBucket(bucket), changed);
      await expect.poll(() => old.has('plain.txt')).toBe(false);
    });
  },
  { only: LMDB_ALONE, programs: ['rclone'] },
);

describeMoves(
  (world) => {
    test('s3cmd: put, get, ls, del', { timeout: 120_000 }, async () => {
      const { bucket, old } = await halfMigrated(world());
      const folder = await temporaryFolder();
      const { endpoint, accessKeyId, secretAccessKey } = bucket.account;
      const config = join(folder, 's3cfg');
      const { host } = new URL(endpoint);
      await writeFile(
        config,
        `[default]
access_key = ${accessKeyId}
secret_key = ${secretAccessKey}
host_base = ${host}
host_bucket = ${host}
use_https = False
`,
      );
      const s3cmd = (...args: string[]) =>
        succeed(run('s3cmd', ['--config', config, '--no-progress', ...args]));
      const local = join(folder, 'local');
      await mkdir(local);
      await s3cmd('get', '--recursive', `s3://${bucket.name}/`, `${local}/`);
      expectSame(await readFolder(local), ALL);
      expect(await s3cmd('ls', '--recursive', `s3://${bucket.name}/with space/`)).toContain(
        `18  s3://${bucket.name}/with space/and plus+.txt`,
      );

      await writeFile(join(folder, 'new'), LARGE);
      await s3cmd('put', join(folder, 'new'), `s3://${bucket.name}/new in parts`);
      await s3cmd('del', `s3://${bucket.name}/plain.txt`);
      const { 'plain.txt': _, ...left } = ALL;
      expectSame(await readBucket(bucket), { ...left, 'new in parts': LARGE });
      await expect.poll(() => old.has('plain.txt')).toBe(false);
    });
  },
  { only: LMDB_ALONE, programs: ['s3cmd'] },
);
