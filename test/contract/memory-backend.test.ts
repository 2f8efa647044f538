import { createMemoryBackend } from '../../src/backends/memory/memory.js';
import { systemClock } from '../../src/system/clock.js';
import { backendSuite } from './backend-suite.js';
import { FULL_S3 } from './full-s3.js';

backendSuite('a store in memory', {
  create: async () =>
    createMemoryBackend({ name: 'memory', clock: systemClock, minPartSize: FULL_S3.minPartSize }),
  capabilities: FULL_S3,
});
