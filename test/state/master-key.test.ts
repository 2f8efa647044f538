import { randomBytes } from 'node:crypto';
import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assertMasterKey, loadMasterKey } from '../../src/state/master-key.js';
import { createSealer } from '../../src/state/sealing.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { temporaryKv } from './temporary-kv.js';

describe('the master key', () => {
  it('is the given one, and no file is made then', async () => {
    const folder = await temporaryFolder();
    const key = randomBytes(32);
    expect(await loadMasterKey({ value: key.toString('base64'), folder })).toEqual(key);
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([
    ['too short', randomBytes(31).toString('base64')],
    ['too long', randomBytes(33).toString('base64')],
    ['hexadecimal', randomBytes(32).toString('hex')],
    ['surrounded by spaces', ` ${randomBytes(32).toString('base64')}`],
    ['empty', ''],
  ])('is refused when it is %s, without being shown', async (_, value) => {
    const refused = loadMasterKey({ value, folder: await temporaryFolder() });
    await expect(refused).rejects.toThrow(/^PENUMBRA_MASTER_KEY must be 32 bytes in base64/);
    if (value) await expect(refused).rejects.not.toThrow(value);
  });

  it('is made once, in a file for the owner alone, when none is given', async () => {
    const folder = join(await temporaryFolder(), 'data');
    const key = await loadMasterKey({ folder });
    expect(key).toHaveLength(32);
    expect((await stat(join(folder, 'master-key'))).mode & 0o777).toBe(0o600);
    expect(await loadMasterKey({ folder })).toEqual(key);
  });

  it('is one and the same for all that make it at the same time, and nothing else is left behind', async () => {
    const folder = await temporaryFolder();
    const keys = await Promise.all(Array.from({ length: 20 }, () => loadMasterKey({ folder })));
    expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(1);
    expect(await readdir(folder)).toEqual(['master-key']);
  });

  it('is refused when others can read its file, with the command that helps', async () => {
    const folder = await temporaryFolder();
    await loadMasterKey({ folder });
    const path = join(folder, 'master-key');
    await chmod(path, 0o640);
    await expect(loadMasterKey({ folder })).rejects.toThrow(`mode 0640): chmod 600 ${path}`);
  });

  it('is refused when its file holds something else, and the file is left as it is', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'master-key');
    await writeFile(path, 'not a key', { mode: 0o600 });
    await expect(loadMasterKey({ folder })).rejects.toThrow(`${path} must be 32 bytes in base64`);
    expect(await readFile(path, 'utf8')).toBe('not a key');
  });

  it('is accepted by the state that it was first used with, and no other is', async () => {
    const kv = await temporaryKv();
    const [first, other] = [createSealer(randomBytes(32)), createSealer(randomBytes(32))];
    await assertMasterKey(kv, first);
    await assertMasterKey(kv, first);
    await expect(assertMasterKey(kv, other)).rejects.toThrow(
      /^the state was sealed under another master key/,
    );
    await assertMasterKey(kv, first);
  });
});
