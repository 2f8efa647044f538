import { randomUUID } from 'node:crypto';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type FolderLayout, ownedName, parseOwnedName } from './folder-layout.js';
import { isRunning } from './process-tag.js';

/**
 * Says, to every process on the folder, that the files of a content are being read. A content of several files needs
 * it, because a reader opens one file after another; of a single file, the open file is enough.
 */
export class Pins {
  constructor(private readonly layout: FolderLayout) {}

  /** Returns the function that takes the pin out. The content may have been released until the pin was there. */
  async pin(content: string): Promise<() => Promise<void>> {
    const path = join(this.layout.pins, `${ownedName(content)}.${randomUUID()}`);
    await writeFile(path, '', { flag: 'wx' });
    return () => rm(path, { force: true });
  }

  async isPinned(content: string): Promise<boolean> {
    const pins = (await readdir(this.layout.pins)).map(parseOwnedName);
    return pins.some((pin) => pin?.name === content && isRunning(pin.tag));
  }
}
