import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FolderBuckets } from '../../../src/backends/filesystem/folder-buckets.js';
import { layoutOf, ownedName } from '../../../src/backends/filesystem/folder-layout.js';
import { removeLeftovers } from '../../../src/backends/filesystem/leftovers.js';
import { isRunning, PROCESS_TAG } from '../../../src/backends/filesystem/process-tag.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/** Of a process that took over the id of an earlier one, and of none. */
const ENDED = [`${process.pid}-1`, '999999999-1'];

async function folderWith(files: readonly string[]) {
  const layout = layoutOf(await temporaryFolder());
  for (const path of Object.values(layout)) await mkdir(path);
  for (const file of files) await writeFile(join(layout.index, '..', file), '');
  return layout;
}

it('knows this process from those that had its id before', () => {
  expect(isRunning(PROCESS_TAG)).toBe(true);
  expect(ENDED.map(isRunning)).toEqual([false, false]);
});

it('deletes what a process had written and not committed when it ended', async () => {
  for (const tag of ENDED) {
    const layout = await folderWith(['files/a', `staging/a.${tag}`, `staging/b.${tag}`, `pins/c.${tag}.1`]);
    removeLeftovers(layout, () => false);
    expect([await readdir(layout.files), await readdir(layout.staging), await readdir(layout.pins)]).toEqual([
      [],
      [],
      [],
    ]);
  }
});

it('keeps what was committed when the process ended', async () => {
  const layout = await folderWith(['files/a', `staging/a.${ENDED[0]}`]);
  removeLeftovers(layout, (file) => file === 'a');
  expect([await readdir(layout.files), await readdir(layout.staging)]).toEqual([['a'], []]);
});

it('touches nothing of a process that runs', async () => {
  const layout = await folderWith(['files/a', `staging/${ownedName('a')}`, `pins/${ownedName('c')}.1`]);
  removeLeftovers(layout, () => false);
  expect(await readdir(layout.files)).toEqual(['a']);
  expect(await readdir(layout.staging)).toEqual([ownedName('a')]);
  expect(await readdir(layout.pins)).toEqual([`${ownedName('c')}.1`]);
});

it('deletes buckets that were never finished or half deleted, and nothing else', async () => {
  const path = await temporaryFolder();
  const stays = [
    '_penumbra-backup',
    '_other.999999999-1',
    '.hidden',
    'photos',
    ownedName('_penumbra-a'),
  ].sort();
  for (const name of [...stays, '_penumbra-b.999999999-1']) await mkdir(join(path, name));
  new FolderBuckets(path);
  expect((await readdir(path)).sort()).toEqual(stays);
});

it('takes no folder for a bucket that has no index', async () => {
  const path = await temporaryFolder();
  await mkdir(join(path, 'photos'));
  const buckets = new FolderBuckets(path);
  expect(await buckets.list()).toEqual([]);
  expect(buckets.open('photos')).toBeUndefined();
});
