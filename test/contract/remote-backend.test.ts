import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFilesystemBackend } from '../../src/backends/filesystem/filesystem.js';
import { createRemoteBackend } from '../../src/backends/remote/remote.js';
import { systemClock } from '../../src/system/clock.js';
import { describeWith } from '../support/describe-with.js';
import { serve } from '../support/serve.js';
import { sharedRgw } from '../support/shared-rgw.js';
import { type BackendUnderTest, backendSuite } from './backend-suite.js';

const MIN_PART_SIZE = 64 * 1024;

/** A filesystem backend in a folder of its own, behind a socket. */
async function remoteFilesystem(): Promise<BackendUnderTest> {
  const path = await mkdtemp(join(tmpdir(), 'penumbra-remote-'));
  const far = createFilesystemBackend({ name: 'far', path, clock: systemClock, minPartSize: MIN_PART_SIZE });
  const { endpoint, close } = await serve(far.service);
  const near = createRemoteBackend({
    name: 'near',
    endpoint,
    region: 'us-east-1',
    accessKeyId: 'anyone',
    secretAccessKey: 'anything',
    forcePathStyle: true,
    clock: systemClock,
  });
  return {
    service: near.service,
    async close() {
      await near.close();
      await close();
      await far.close();
      await rm(path, { recursive: true });
    },
  };
}

backendSuite('a filesystem backend behind a socket', {
  create: remoteFilesystem,
  capabilities: {
    minPartSize: MIN_PART_SIZE,
    refusesOwnBucket: true,
    ifMatchOnPut: true,
    ifMatchOnDelete: true,
    conditionalComplete: true,
    repeatableComplete: true,
    copyConditions: true,
    partNumberReads: true,
    checksums: true,
    attributes: true,
    metadataLimit: true,
    refusesUnsupported: true,
  },
});

describeWith(['radosgw'], 'Ceph RGW', () => {
  backendSuite('a Ceph object gateway', {
    create: async () =>
      createRemoteBackend({ name: 'rgw', forcePathStyle: true, clock: systemClock, ...(await sharedRgw()) }),
    // Ceph 16.2: a quoted If-Match never holds, that of DELETE and of a copy's source is ignored, and so is a Complete's
    // If-None-Match; a used upload id answers 500.
    capabilities: {
      minPartSize: 5 * 1024 ** 2,
      refusesOwnBucket: false,
      ifMatchOnPut: false,
      ifMatchOnDelete: false,
      conditionalComplete: false,
      repeatableComplete: false,
      copyConditions: false,
      partNumberReads: false,
      checksums: false,
      attributes: false,
      metadataLimit: false,
      refusesUnsupported: false,
    },
  });
});
