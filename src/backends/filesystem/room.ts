import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Bytes that are free where a folder is, or where it would be made. */
export async function roomAt(path: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (!isMissing || dirname(path) === path) throw error;
    return roomAt(dirname(path));
  }
}
