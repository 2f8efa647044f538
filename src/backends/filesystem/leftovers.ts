import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type FolderLayout, parseOwnedName } from './folder-layout.js';
import { isRunning } from './process-tag.js';

/**
 * Deletes what processes that ended in the middle of a write or a read left behind: files that never got into the
 * index, and pins. What belongs to a running process stays.
 */
export function removeLeftovers(layout: FolderLayout, isKept: (file: string) => boolean): void {
  for (const { path, name } of abandonedIn(layout.staging)) {
    if (!isKept(name)) rmSync(join(layout.files, name), { force: true });
    rmSync(path, { force: true });
  }
  for (const { path } of abandonedIn(layout.pins)) rmSync(path, { force: true });
}

/** What no running process owns; what is not ours at all stays. */
export function abandonedIn(folder: string): { path: string; name: string }[] {
  return readdirSync(folder).flatMap((fileName) => {
    const owned = parseOwnedName(fileName);
    if (!owned || isRunning(owned.tag)) return [];
    return [{ path: join(folder, fileName), name: owned.name }];
  });
}
