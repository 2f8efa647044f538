import pLimit from 'p-limit';
import type { BucketClient } from './client.js';
import { Mismatch } from './narrator.js';
import type { World } from './world.js';

const CONCURRENCY = 16;

export interface Verified {
  readonly objects: number;
  readonly bytes: number;
}

/** Reads every byte of the bucket and its listing. @throws Mismatch naming the first key that is not what it must be */
export async function verifyAll(client: BucketClient, world: World): Promise<Verified> {
  const keys = await client.list();
  if (!world.isListedAs(keys)) throw new Mismatch(`${keys.length} keys listed, ${world.keys.length} exist`);
  const limit = pLimit(CONCURRENCY);
  let bytes = 0;
  await Promise.all(
    keys.map((key) =>
      limit(async () => {
        const found = await client.read(key);
        if (!world.agrees(key, found)) throw new Mismatch(`${key} reads as ${JSON.stringify(found)}`);
        bytes += found?.size ?? 0;
      }),
    ),
  );
  return { objects: keys.length, bytes };
}
