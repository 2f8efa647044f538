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
import { CEPH, skipDeviations } from './ceph.js';
import { FULL_S3 } from './full-s3.js';

/** A filesystem backend in a folder of its own, behind a socket. */
async function remoteFilesystem(): Promise<BackendUnderTest> {
  const path = await mkdtemp(join(tmpdir(), 'penumbra-remote-'));
  const { minPartSize } = FULL_S3;
  const far = createFilesystemBackend({ name: 'far', path, clock: systemClock, minPartSize });
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

backendSuite('a store in a folder behind a socket', { create: remoteFilesystem, capabilities: FULL_S3 });

describeWith(['radosgw'], 'Ceph RGW', () => {
  skipDeviations();
  backendSuite('a Ceph object gateway', {
    create: async () =>
      createRemoteBackend({ name: 'rgw', forcePathStyle: true, clock: systemClock, ...(await sharedRgw()) }),
    capabilities: CEPH,
  });
});
