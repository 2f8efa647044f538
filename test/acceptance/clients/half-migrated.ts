import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import type { BucketClient } from '../../support/bucket-client.js';
import type { Files } from '../../support/folder.js';
import type { FinishedProcess } from '../../support/processes.js';
import type { Move, Scenario, World } from '../scenarios.js';

const MEBIBYTE = 1024 * 1024;

const SMALL: Files = {
  empty: Buffer.alloc(0),
  'plain.txt': Buffer.from('plain text'),
  'with space/and plus+.txt': Buffer.from('a plus and a space'),
  'percent%41/100%.txt': Buffer.from('percent signs that are no escapes'),
  'ümläut/🏖️.jpg': randomBytes(20_000),
  'deep/er/and/deeper.bin': randomBytes(300_000),
  ...Object.fromEntries(
    Array.from({ length: 20 }, (_, index) => [`many/${index}`, Buffer.from(`file ${index}`)]),
  ),
};

/** More than most clients send in one piece, or read in one. */
const LARGE: Files = {
  'in parts.bin': randomBytes(17 * MEBIBYTE),
  'in one piece.bin': randomBytes(9 * MEBIBYTE),
};

/** What is in the bucket that moves. */
export const FILES: Files = { ...SMALL, ...LARGE };

/** What a client makes of it: objects of either store deleted and overwritten, and new ones. */
export const CHANGED: Files = (() => {
  const { 'plain.txt': _unmoved, 'many/4': _moved, ...left } = FILES;
  return {
    ...left,
    'many/3': Buffer.from('changed, and longer'),
    'many/6': Buffer.from('so is this'),
    'new/small.txt': Buffer.from('new'),
    'new/in parts.bin': randomBytes(16 * MEBIBYTE + 1),
  };
})();

/** The same, with a large object under another name. */
export const RENAMED: Files = (() => {
  const { 'in one piece.bin': large = Buffer.alloc(0), ...others } = CHANGED;
  return { ...others, 'renamed/large.bin': large };
})();

/** Clients do not see where the state is. */
export const LMDB_ALONE = ({ state }: Scenario) => state === 'LMDB';

const BOTH = ['--shadow-write-through'];

/** How writes are made: [what the mode is called, its flags]. */
export const MODES: [string, string[]][] = [
  ['read-through', []],
  ['write-through', BOTH],
];

/** The one mode for clients that are slow: each in one of the scenarios. */
export const modeOf = ({ scenario }: World): string[] => (scenario.target === 'RGW' ? BOTH : []);

/** A bucket of which one half has been copied to the target; the large objects have not. */
export async function halfMigrated(world: World, flags: readonly string[] = []): Promise<Move> {
  const fill = async (old: BucketClient) => {
    const { 'in parts.bin': inParts = Buffer.alloc(0), ...others } = FILES;
    await Promise.all(Object.entries(others).map(([key, content]) => old.put(key, content)));
    await old.putInParts('in parts.bin', inParts);
  };
  const move = await world.move(fill, ...flags);
  await migrate(
    move.bucket,
    Object.keys(SMALL).filter((_, index) => index % 2 === 0),
  );
  return move;
}

/** Reads these keys until the target has them. */
export async function migrate(bucket: BucketClient, keys: readonly string[]): Promise<void> {
  await Promise.all(keys.map((key) => bucket.get(key)));
  for (const key of keys) await expect.poll(async () => (await bucket.head(key)).source).toBe('target');
}

/** The bucket holds this and nothing that was deleted, also when the rest has been copied and the shadow is gone. */
export async function expectAfterMigration(world: World, move: Move, wanted: Files): Promise<void> {
  const { bucket, old } = move;
  const extra = async () => (await filesIn(old)).filter((key) => !(key in wanted));
  expect((await filesIn(bucket)).sort()).toEqual(Object.keys(wanted).sort());
  await expect.poll(extra).toEqual([]);
  const { shadow } = await world.storage('status', bucket.name);
  if (shadow.write_through) expectSame(await readBucket(old), wanted);
  await finishMigration(world, bucket);
  expectSame(await readBucket(bucket), wanted);
}

/** Copies what the shadow alone has, and clears it. */
export async function finishMigration({ storage }: World, { name }: BucketClient): Promise<void> {
  await storage('sweep', name, 'start');
  await expect
    .poll(() => storage('sweep', name, 'status'), { timeout: 30_000 })
    .toMatchObject({ state: 'done', failed: 0 });
  await storage('update', name, '--clear-shadow');
}

/** Fails with the output of a program that failed. */
export async function succeed(running: Promise<FinishedProcess>): Promise<string> {
  const { code, stdout, stderr } = await running;
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

export function expectSame(found: Files, wanted: Files): void {
  expect(Object.keys(found).sort()).toEqual(Object.keys(wanted).sort());
  for (const [path, content] of Object.entries(found)) expect(wanted[path]?.equals(content), path).toBe(true);
}

/** What a client of its own reads. */
export async function readBucket(bucket: BucketClient): Promise<Files> {
  const keys = await filesIn(bucket);
  return Object.fromEntries(
    await Promise.all(keys.map(async (key) => [key, (await bucket.get(key)).bytes] as const)),
  );
}

/** All keys but the folders that s3fs makes objects of. */
async function filesIn(bucket: BucketClient): Promise<string[]> {
  return (await bucket.keys()).filter((key) => !key.endsWith('/'));
}
