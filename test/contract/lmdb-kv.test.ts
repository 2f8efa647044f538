import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLmdbKv } from '../../src/state/lmdb-kv.js';
import { systemClock } from '../../src/system/clock.js';
import { kvSuite } from './kv-suite.js';

kvSuite('LMDB', async () => {
  const path = await mkdtemp(join(tmpdir(), 'penumbra-lmdb-'));
  return {
    open: () => openLmdbKv({ path, clock: systemClock }),
    child: { driver: 'lmdb', options: { path } },
    close: () => rm(path, { recursive: true, force: true }),
  };
});
