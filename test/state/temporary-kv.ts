import { onTestFinished } from 'vitest';
import type { Kv } from '../../src/state/kv.js';
import { openLmdbKv } from '../../src/state/lmdb-kv.js';
import { type Clock, systemClock } from '../../src/system/clock.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** An embedded store for one test; with `path` another client of one that is there. */
export async function temporaryKv({
  path,
  clock = systemClock,
}: {
  path?: string;
  clock?: Clock;
} = {}): Promise<Kv> {
  const folder = path ?? (await temporaryFolder());
  const kv = await openLmdbKv({ path: folder, clock });
  onTestFinished(() => kv.close());
  return kv;
}
