import { join } from 'node:path';
import { test } from 'vitest';
import { readFolder, writeFolder } from '../../support/folder.js';
import { PACKAGE_ROOT } from '../../support/package-root.js';
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

/** Debian's own, which has Debian's boto3. */
const PYTHON = '/usr/bin/python3';
const SCRIPT = join(PACKAGE_ROOT, 'test/acceptance/clients/boto3-client.py');

describeMoves(
  (world) => {
    test('boto3: managed transfers, paginators, waiters, presigned URLs', async () => {
      const move = await halfMigrated(world(), modeOf(world()));
      const folder = await temporaryFolder();
      const [changed, local] = [join(folder, 'changed'), join(folder, 'local')];
      await writeFolder(changed, CHANGED);
      const { endpoint, accessKeyId, secretAccessKey } = move.bucket.account;
      const env = {
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        AWS_CONFIG_FILE: join(folder, 'none'),
        AWS_SHARED_CREDENTIALS_FILE: join(folder, 'none'),
        AWS_EC2_METADATA_DISABLED: 'true',
      };
      const args = [SCRIPT, endpoint, move.bucket.name, changed, local];
      await succeed(run(PYTHON, args, { env }));
      expectSame(await readFolder(local), RENAMED);
      await expectAfterMigration(world(), move, RENAMED);
    });
  },
  { only: LMDB_ALONE, programs: ['boto3'] },
);
