import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFilesystemBackend } from '../../src/backends/filesystem/filesystem.js';
import { systemClock } from '../../src/system/clock.js';
import { backendSuite } from './backend-suite.js';
import { FULL_S3 } from './full-s3.js';

backendSuite('a store in a folder', {
  async create() {
    const path = await mkdtemp(join(tmpdir(), 'penumbra-test-'));
    const { minPartSize } = FULL_S3;
    const backend = createFilesystemBackend({ name: 'disk', path, clock: systemClock, minPartSize });
    return {
      service: backend.service,
      async close() {
        await backend.close();
        await rm(path, { recursive: true });
      },
    };
  },
  capabilities: FULL_S3,
});
