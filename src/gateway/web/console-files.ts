import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip as gzipCallback } from 'node:zlib';

const gzip = promisify(gzipCallback);

/** A file with a hash in its name. */
export interface Asset {
  readonly type: string;
  readonly body: Buffer;
  readonly gzipped: Buffer;
}

/** The console as Vite has built it. */
export interface ConsoleFiles {
  /** The page; `NONCE` stands where that of an answer belongs. */
  readonly page: string;
  /** By name. */
  readonly assets: ReadonlyMap<string, Asset>;
}

/** What src/console/vite.config.ts puts into the page. */
export const NONCE = '__PENUMBRA_NONCE__';

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Reads all of it into memory, some hundred kilobytes; undefined where it was not built. */
export async function readConsole(folder: string): Promise<ConsoleFiles | undefined> {
  const page = await readFile(join(folder, 'index.html'), 'utf8').catch(unlessMissing);
  if (page === undefined) return undefined;
  const names = await readdir(join(folder, 'assets'));
  const read = names.map(async (name) => [name, await readAsset(join(folder, 'assets', name))] as const);
  return { page, assets: new Map(await Promise.all(read)) };
}

async function readAsset(path: string): Promise<Asset> {
  const body = await readFile(path);
  return {
    type: TYPES[extname(path)] ?? 'application/octet-stream',
    body,
    gzipped: await gzip(body, { level: 9 }),
  };
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
