import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readFolder, writeFolder } from '../../support/folder.js';
import { run } from '../../support/processes.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { describeMoves } from '../scenarios.js';
import {
  CHANGED,
  expectAfterMigration,
  expectSame,
  halfMigrated,
  LMDB_ALONE,
  modeOf,
  RENAMED,
  succeed,
} from './half-migrated.js';

describeMoves(
  (world) => {
    test('s3cmd: sync, mv, get, ls', { timeout: 120_000 }, async () => {
      const move = await halfMigrated(world(), modeOf(world()));
      const folder = await temporaryFolder();
      const { endpoint, accessKeyId, secretAccessKey } = move.bucket.account;
      const { host } = new URL(endpoint);
      const config = join(folder, 's3cfg');
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
      const remote = `s3://${move.bucket.name}`;

      const changed = join(folder, 'changed');
      await writeFolder(changed, CHANGED);
      await s3cmd('sync', '--delete-removed', `${changed}/`, `${remote}/`);
      await s3cmd('mv', `${remote}/in one piece.bin`, `${remote}/renamed/large.bin`);

      const local = join(folder, 'local');
      await mkdir(local);
      await s3cmd('get', '--recursive', `${remote}/`, `${local}/`);
      expectSame(await readFolder(local), RENAMED);
      expect(await s3cmd('ls', '--recursive', `${remote}/with space/`)).toContain(
        `18  ${remote}/with space/and plus+.txt`,
      );
      await expectAfterMigration(world(), move, RENAMED);
    });
  },
  { only: LMDB_ALONE, programs: ['s3cmd'] },
);
