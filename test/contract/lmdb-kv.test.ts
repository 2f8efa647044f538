import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { groupedCommits } from '../../src/state/grouped-commits.js';
import type { Kv } from '../../src/state/kv.js';
import { openLmdbKv } from '../../src/state/lmdb-kv.js';
import { systemClock } from '../../src/system/clock.js';
import { kvSuite } from './kv-suite.js';

for (const [name, through] of [
  ['LMDB', (kv: Kv) => kv],
  ['LMDB whose commits go together', (kv: Kv) => groupedCommits(kv, systemClock).prompt],
  ['LMDB whose commits wait for others', (kv: Kv) => groupedCommits(kv, systemClock).patient],
] as const)
  kvSuite(name, async () => {
    const path = await mkdtemp(join(tmpdir(), 'penumbra-lmdb-'));
    return {
      open: async () => through(await openLmdbKv({ path, clock: systemClock })),
      child: { driver: 'lmdb', options: { path } },
      close: () => rm(path, { recursive: true, force: true }),
    };
  });
