import { join } from 'node:path';
import { PROCESS_TAG } from './process-tag.js';

/** What the folder of a bucket holds. A folder is a bucket when it has an index. */
export interface FolderLayout {
  /** The LMDB environment. */
  readonly index: string;
  /** Segments too large for the index, by their name. */
  readonly files: string;
  /** A segment under way, `name.tag`, until the index says that it is kept. */
  readonly staging: string;
  /** One empty file, `content.tag.number`, for each reader of a content of several files. */
  readonly pins: string;
}

export function layoutOf(folder: string): FolderLayout {
  return {
    index: join(folder, 'index'),
    files: join(folder, 'files'),
    staging: join(folder, 'staging'),
    pins: join(folder, 'pins'),
  };
}

/** The name of a file that belongs to this process while it runs. */
export function ownedName(name: string): string {
  return `${name}.${PROCESS_TAG}`;
}

/** Whose a file is; undefined when the name is not one that ownedName gives, or begins with one. */
export function parseOwnedName(fileName: string): { name: string; tag: string } | undefined {
  const [, name, tag] = OWNED_NAME.exec(fileName) ?? [];
  return name === undefined || tag === undefined ? undefined : { name, tag };
}

const OWNED_NAME = /^([^.]+)\.(\d+-\d+)(?:\.|$)/;
