import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createFilesystemBackend } from '../../src/backends/filesystem/filesystem.js';
import { createMemoryBackend } from '../../src/backends/memory/memory.js';
import { createRemoteBackend } from '../../src/backends/remote/remote.js';
import { encryption } from '../../src/filters/encryption/encryption.js';
import type { S3Service } from '../../src/s3/message.js';
import { systemClock } from '../../src/system/clock.js';
import { encrypting } from '../filters/encryption/encrypting.js';
import { describeWith } from '../support/describe-with.js';
import { sharedRgw } from '../support/shared-rgw.js';
import { StoreClient } from '../support/store-client.js';
import { bucketName, expectError } from './backend/scene.js';
import { type BackendUnderTest, backendSuite, type Capabilities } from './backend-suite.js';
import { CEPH, skipDeviations } from './ceph.js';
import { FULL_S3 } from './full-s3.js';

const OF_THE_FILTER = {
  anyParts: false,
  digestETags: false,
  partChecksums: false,
  // The mark of an object takes some of the 2 KiB.
  metadataLimit: false,
};

/** What is behind the filter does all of S3; the filter asks of parts what docs/architecture.md says, and has no digests to tell. */
const ENCRYPTED: Capabilities = {
  ...FULL_S3,
  ...OF_THE_FILTER,
  minPartSize: 64 * 1024,
};

const encrypted = (service: S3Service): S3Service => encrypting()(service);
const { minPartSize } = FULL_S3;

backendSuite('an encrypted store in memory', {
  async create() {
    const backend = createMemoryBackend({ name: 'memory', clock: systemClock, minPartSize });
    return { service: encrypted(backend.service), close: () => backend.close() };
  },
  capabilities: ENCRYPTED,
});

backendSuite('an encrypted store in a folder', {
  async create(): Promise<BackendUnderTest> {
    const path = await mkdtemp(join(tmpdir(), 'penumbra-test-'));
    const backend = createFilesystemBackend({ name: 'disk', path, clock: systemClock, minPartSize });
    return {
      service: encrypted(backend.service),
      async close() {
        await backend.close();
        await rm(path, { recursive: true });
      },
    };
  },
  capabilities: ENCRYPTED,
});

describeWith(['radosgw'], 'Ceph RGW', () => {
  skipDeviations();
  backendSuite('an encrypted Ceph object gateway', {
    async create() {
      const access = { name: 'rgw', forcePathStyle: true, clock: systemClock, ...(await sharedRgw()) };
      const backend = createRemoteBackend(access);
      return { service: encrypted(backend.service), close: () => backend.close() };
    },
    // The filter keeps checksums with the object's metadata.
    capabilities: { ...CEPH, ...OF_THE_FILTER, checksums: true },
  });

  it.each([
    [{ mode: 'sse-s3' }, 501, 'NotImplemented'],
    [{ mode: 'sse-kms' }, 400, 'InvalidArgument'],
    [{ mode: 'sse-kms', keyId: 'none' }, 400, 'InvalidArgument'],
  ] as const)('has no keys for %o, so nothing is stored in the clear', async (settings, status, code) => {
    const access = { name: 'rgw', forcePathStyle: true, clock: systemClock, ...(await sharedRgw()) };
    const backend = createRemoteBackend(access);
    const service = encryption(settings, { backend: 'rgw', clock: systemClock })(backend.service);
    const client = new StoreClient(service, bucketName());
    await client.ask('PUT', '');
    expectError(await client.put('key', 'text'), status, code);
    expect(await client.keys()).toEqual([]);
    await backend.close();
  });
});
