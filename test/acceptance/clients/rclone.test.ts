import { join } from 'node:path';
import { test } from 'vitest';
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
  MODES,
  RENAMED,
  succeed,
} from './half-migrated.js';

describeMoves(
  (world) => {
    test.each(MODES)('rclone: sync, moveto, copy, check (%s)', { timeout: 120_000 }, async (_mode, flags) => {
      const move = await halfMigrated(world(), flags);
      const folder = await temporaryFolder();
      const { endpoint, accessKeyId, secretAccessKey } = move.bucket.account;
      const env = {
        RCLONE_CONFIG: join(folder, 'none'),
        RCLONE_CONFIG_MOVED_TYPE: 's3',
        RCLONE_CONFIG_MOVED_PROVIDER: 'Other',
        RCLONE_CONFIG_MOVED_ENDPOINT: endpoint,
        RCLONE_CONFIG_MOVED_ACCESS_KEY_ID: accessKeyId,
        RCLONE_CONFIG_MOVED_SECRET_ACCESS_KEY: secretAccessKey,
        RCLONE_S3_UPLOAD_CUTOFF: '5M',
        RCLONE_S3_CHUNK_SIZE: '5M',
        AWS_CA_BUNDLE: undefined,
      };
      const rclone = (...args: string[]) => succeed(run('rclone', [...args, '--retries', '1'], { env }));
      const remote = `moved:${move.bucket.name}`;

      const changed = join(folder, 'changed');
      await writeFolder(changed, CHANGED);
      await rclone('sync', changed, remote);
      await rclone('check', changed, remote);
      await rclone('moveto', `${remote}/in one piece.bin`, `${remote}/renamed/large.bin`);

      const local = join(folder, 'local');
      await rclone('copy', remote, local);
      expectSame(await readFolder(local), RENAMED);
      await rclone('check', '--download', local, remote);
      await expectAfterMigration(world(), move, RENAMED);
    });
  },
  { only: LMDB_ALONE, programs: ['rclone'] },
);
