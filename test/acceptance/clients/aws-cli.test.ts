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
    test('aws s3: sync, mv, ls, presign', { timeout: 120_000 }, async () => {
      const move = await halfMigrated(world(), modeOf(world()));
      const folder = await temporaryFolder();
      const { endpoint, accessKeyId, secretAccessKey } = move.bucket.account;
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
      const remote = `s3://${move.bucket.name}`;

      const changed = join(folder, 'changed');
      await writeFolder(changed, CHANGED);
      await aws('sync', '--size-only', '--delete', changed, remote);
      // As large as it is, it is copied in parts.
      await aws('mv', `${remote}/in one piece.bin`, `${remote}/renamed/large.bin`);

      const local = join(folder, 'local');
      await aws('sync', remote, local);
      expectSame(await readFolder(local), RENAMED);
      expect(await aws('ls', '--recursive', `${remote}/deep/`)).toMatch(
        /300000 deep\/er\/and\/deeper\.bin\n$/,
      );
      const answer = await fetch((await aws('presign', `${remote}/ümläut/🏖️.jpg`)).trim());
      expect(RENAMED['ümläut/🏖️.jpg']?.equals(Buffer.from(await answer.arrayBuffer()))).toBe(true);
      await expectAfterMigration(world(), move, RENAMED);
    });
  },
  { only: LMDB_ALONE, programs: ['aws'] },
);
