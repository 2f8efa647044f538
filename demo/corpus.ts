import { createHash } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { opendir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';

/** What a key must read as. */
export interface Expected {
  readonly size: number;
  readonly sha256: string;
}

export interface SourceFile {
  readonly key: string;
  readonly path: string;
}

const ROOTS = ['/usr/share/doc', '/usr/share/perl', '/usr/lib/python3', '/usr/include', '/etc', '/usr/share'];
const NODE_MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url));

const FILES = 3_000;
const MAX_FILE = 2 * 1024 * 1024;
const MAX_TOTAL = 96 * 1024 * 1024;
const BIG_OBJECT = 200 * 1024 * 1024;

/** Keys that a careless gateway would turn into others. */
const ODD_KEYS = [
  'photos/summer 2026/Côte d’Azur 🏖️.jpg',
  'odd//double slash',
  'odd/./dot',
  'odd/../dots',
  'odd/100%2F+plus',
  'odd/trailing/',
];

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Several thousand real files of this machine, some of them under keys that are hard to carry. */
export async function pickFiles(): Promise<SourceFile[]> {
  const files: SourceFile[] = [];
  let total = 0;
  for (const root of [...ROOTS, NODE_MODULES]) {
    for await (const path of walk(root)) {
      if (files.length >= FILES || total >= MAX_TOTAL) break;
      const { size } = await stat(path);
      if (size > MAX_FILE) continue;
      total += size;
      const odd = ODD_KEYS[files.length];
      files.push({ path, key: odd ?? path.slice(1) });
    }
  }
  return files;
}

/** 200 MiB of a real binary: the running Node.js, over and over. */
export async function bigObject(): Promise<Buffer> {
  const binary = await readFile(execPath);
  const big = Buffer.alloc(BIG_OBJECT);
  for (let at = 0; at < big.length; at += binary.length) binary.copy(big, at);
  return big;
}

async function* walk(folder: string): AsyncGenerator<string> {
  for (const entry of await entriesOf(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* walk(path);
    else if (entry.isFile()) yield path;
  }
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  const entries: Dirent[] = [];
  try {
    for await (const entry of await opendir(folder)) entries.push(entry);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'ENOENT' && code !== 'EACCES') throw error;
  }
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}
