import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { BucketClient } from '../../support/bucket-client.js';
import { readFolder, writeFolder } from '../../support/folder.js';
import { run } from '../../support/processes.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { describeMoves } from '../scenarios.js';
import {
  CHANGED,
  expectSame,
  FILES,
  finishMigration,
  halfMigrated,
  LMDB_ALONE,
  migrate,
  succeed,
} from './half-migrated.js';

/** restic with a repository in that bucket; every command reads it anew. */
function resticIn({ account, name }: BucketClient, work: string) {
  const env = {
    RESTIC_REPOSITORY: `s3:${account.endpoint}/${name}/backups`,
    RESTIC_PASSWORD: 'password of the repository',
    AWS_ACCESS_KEY_ID: account.accessKeyId,
    AWS_SECRET_ACCESS_KEY: account.secretAccessKey,
    AWS_DEFAULT_REGION: account.region,
  };
  return (...args: string[]) => succeed(run('restic', ['--no-cache', ...args], { env, cwd: work }));
}

type Restic = ReturnType<typeof resticIn>;

/** What comes back is what was last backed up. */
async function expectRestored(restic: Restic, work: string): Promise<void> {
  const restored = join(await temporaryFolder(), 'restored');
  await restic('restore', 'latest', '--target', restored);
  expectSame(await readFolder(join(restored, 'files')), await readFolder(join(work, 'files')));
}

async function changeFiles(work: string): Promise<void> {
  await rm(join(work, 'files'), { recursive: true });
  await writeFolder(join(work, 'files'), CHANGED);
}

describeMoves(
  (world) => {
    test('restic: init, backup, check, restore in a bucket that is moving', {
      timeout: 120_000,
    }, async () => {
      const { bucket } = await halfMigrated(world(), ['--shadow-write-through']);
      const work = await temporaryFolder();
      const restic = resticIn(bucket, work);
      await writeFolder(join(work, 'files'), FILES);
      await restic('init');
      await restic('backup', 'files');
      await restic('check', '--read-data');
      await finishMigration(world(), bucket);
      await expectRestored(restic, work);
    });

    test('restic: backup, forget --prune, check, restore of a repository that is moving', {
      timeout: 120_000,
    }, async () => {
      const work = await temporaryFolder();
      await writeFolder(join(work, 'files'), FILES);
      const { bucket, old } = await world().move(async (before) => {
        await resticIn(before, work)('init');
        await resticIn(before, work)('backup', 'files');
      });
      const keys = await bucket.keys();
      const half = keys.filter((_, index) => index % 2 === 0);
      await migrate(bucket, half);

      const restic = resticIn(bucket, work);
      await changeFiles(work);
      await restic('backup', 'files');
      await restic('forget', '--keep-last', '1', '--prune');
      const left = new Set(await bucket.keys());
      expect(keys.some((key) => !left.has(key))).toBe(true);
      await expect.poll(async () => (await old.keys()).filter((key) => !left.has(key))).toEqual([]);
      await restic('check', '--read-data');
      await finishMigration(world(), bucket);
      expect(new Set(await bucket.keys())).toEqual(left);
      await expectRestored(restic, work);
    });
  },
  { only: LMDB_ALONE, programs: ['restic'] },
);
