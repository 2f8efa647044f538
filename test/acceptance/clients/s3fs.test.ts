import { closeSync, openSync } from 'node:fs';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Account } from '../../support/bucket-client.js';
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

/** Why no file system can be mounted here; undefined where one can. */
const REFUSAL = (() => {
  try {
    closeSync(openSync('/dev/fuse', 'r+'));
    return undefined;
  } catch (error) {
    return `needs /dev/fuse (in a container: --device /dev/fuse --cap-add SYS_ADMIN): ${(error as Error).message}`;
  }
})();

/** Mounts the bucket; what the test leaves mounted is unmounted when it has finished. */
async function mount({ endpoint, accessKeyId, secretAccessKey }: Account, bucket: string) {
  const folder = await temporaryFolder();
  const [path, passwords] = [join(folder, 'mounted'), join(folder, 'passwords')];
  await mkdir(path);
  await writeFile(passwords, `${accessKeyId}:${secretAccessKey}`, { mode: 0o600 });
  const options = [`url=${endpoint}`, 'endpoint=auto', 'use_path_request_style', `passwd_file=${passwords}`];
  const args = [bucket, path, '-f', ...['multipart_size=5', ...options].flatMap((option) => ['-o', option])];
  const ended = succeed(run('s3fs', args));
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  ended.then(over, over);
  const unmount = async () => {
    if (isOver) return;
    await succeed(run('fusermount', ['-u', path]));
    await ended;
  };
  onTestFinished(unmount);
  const { dev } = await stat(folder);
  const mounted = expect.poll(async () => (await stat(path)).dev, { timeout: 20_000 }).not.toBe(dev);
  await Promise.race([mounted, ended.then(() => Promise.reject(new Error('s3fs has ended')))]);
  return { path, unmount };
}

/** What a user does in the folder; another process, since what blocks on the folder must not block the tests' own servers. */
const WORK = `
  rm plain.txt many/4
  printf 'changed, ' >many/3
  printf 'and longer' >>many/3
  printf 'so is this' >many/6
  cp -r "$CHANGED"/new .
  mkdir renamed
  mv 'in one piece.bin' renamed/large.bin
  mv deep/er deep/down
  mv deep/down deep/er
  cp -r . "$LOCAL"
`;

describeMoves(
  (world) => {
    const needs = REFUSAL === undefined ? '' : ` (${REFUSAL})`;
    // A device is the machine's, which no package installs: where it is not given, the title says so.
    const possible = test.skipIf(REFUSAL !== undefined);
    possible(`s3fs: read, write, rename, remove${needs}`, { timeout: 120_000 }, async () => {
      const move = await halfMigrated(world(), modeOf(world()));
      const folder = await temporaryFolder();
      const [changed, local] = [join(folder, 'changed'), join(folder, 'local')];
      await writeFolder(changed, CHANGED);
      const { path, unmount } = await mount(move.bucket.account, move.bucket.name);
      const env = { CHANGED: changed, LOCAL: local };
      await succeed(run('sh', ['-ec', WORK], { cwd: path, env }));
      expectSame(await readFolder(local), RENAMED);
      await unmount();
      await expectAfterMigration(world(), move, RENAMED);
    });
  },
  { only: LMDB_ALONE, programs: ['s3fs'] },
);
