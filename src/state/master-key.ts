import { randomBytes } from 'node:crypto';
import { link, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Kv } from './kv.js';
import { SealBroken, type Sealer } from './sealing.js';

export interface MasterKeySource {
  /** What PENUMBRA_MASTER_KEY says, when it is set. */
  readonly value?: string;
  /** The data folder, whose key file serves otherwise. */
  readonly folder: string;
}

export class MasterKeyError extends Error {
  override readonly name = 'MasterKeyError';
}

const KEY_BYTES = 32;
const KEY_FILE = 'master-key';
const READABLE_BY_OTHERS = 0o077;

/**
 * The 32 bytes under which secrets are sealed: those given, else those of the key file, which is made when there is
 * none.
 *
 * @throws MasterKeyError when the value or the file is not such a key, or when others may read the file.
 */
export async function loadMasterKey({ value, folder }: MasterKeySource): Promise<Buffer> {
  if (value !== undefined) return parseMasterKey(value);
  const path = join(folder, KEY_FILE);
  const key = await readKeyFile(path);
  if (key) return key;
  await createKeyFile(folder, path);
  return loadMasterKey({ folder });
}

/** @throws MasterKeyError */
export const parseMasterKey = (value: string): Buffer => decodeKey(value, 'PENUMBRA_MASTER_KEY');

const CHECK_KEY = 'meta/master-key-check';
const CHECK_TEXT = 'this state is sealed under this master key';

/** @throws MasterKeyError when the state was sealed under another master key. A new state is bound to this one. */
export async function assertMasterKey(kv: Kv, sealer: Sealer): Promise<void> {
  const value = sealer.seal(CHECK_TEXT, CHECK_KEY);
  await kv.commit({ checks: [{ key: CHECK_KEY, version: null }], sets: [{ key: CHECK_KEY, value }] });
  const check = await kv.get(CHECK_KEY);
  try {
    sealer.open(check?.value ?? '', CHECK_KEY);
  } catch (error) {
    if (!(error instanceof SealBroken)) throw error;
    throw new MasterKeyError(
      'the state was sealed under another master key: start with the PENUMBRA_MASTER_KEY, or with the ' +
        `${KEY_FILE} file in the data folder, that it was first started with`,
    );
  }
}

function decodeKey(text: string, source: string): Buffer {
  const key = Buffer.from(text, 'base64');
  if (key.length === KEY_BYTES && key.toString('base64') === text) return key;
  throw new MasterKeyError(
    `${source} must be ${KEY_BYTES} bytes in base64 (44 characters, as of \`openssl rand -base64 ${KEY_BYTES}\`)`,
  );
}

async function readKeyFile(path: string): Promise<Buffer | undefined> {
  const file = await openUnlessMissing(path);
  if (!file) return undefined;
  try {
    const { mode } = await file.stat();
    if ((mode & READABLE_BY_OTHERS) !== 0) {
      throw new MasterKeyError(`${path} is open to other users (mode ${octal(mode)}): chmod 600 ${path}`);
    }
    return decodeKey((await file.readFile('utf8')).trim(), path);
  } finally {
    await file.close();
  }
}

async function openUnlessMissing(path: string) {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Written aside and linked, so that processes that start together see one whole key: that of the first. */
async function createKeyFile(folder: string, path: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomBytes(8).toString('hex')}`;
  try {
    await writeSynced(draft, `${randomBytes(KEY_BYTES).toString('base64')}\n`);
    await link(draft, path);
    await syncFolder(folder);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

const octal = (mode: number): string => (mode & 0o777).toString(8).padStart(4, '0');

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;
