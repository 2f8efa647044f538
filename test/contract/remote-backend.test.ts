import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach } from 'vitest';
import { createFilesystemBackend } from '../../src/backends/filesystem/filesystem.js';
import { createRemoteBackend } from '../../src/backends/remote/remote.js';
import { systemClock } from '../../src/system/clock.js';
import { describeWith } from '../support/describe-with.js';
import { serve } from '../support/serve.js';
import { sharedRgw } from '../support/shared-rgw.js';
import { type BackendUnderTest, backendSuite } from './backend-suite.js';
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

/** Where Ceph 16.2 does otherwise than S3, by the name of the case. */
const CEPH_DEVIATIONS: Readonly<Record<string, string>> = {
  'refuses a body that is no configuration': 'InvalidArgument instead of MalformedXML',
  'refuses bytes=-0 of ten bytes': 'answers 206',
  'ignores what is no range': 'answers 416',
  'answers 304 with the ETag and without a body, to GET and to HEAD': 'no ETag',
  'refuses a batch that is no XML': 'an error without a document',
  'copies the bytes and the metadata of an object': 'no quotes around the ETag',
  'keeps the metadata and the tags that the upload was started with': 'loses the tags',
  'leaves out the parts that are not named': 'makes no object',
  'refuses parts out of order': 'sorts them',
  'refuses part numbers outside 1 to 10,000': 'takes them',
  'forgets an upload that is aborted': 'NoSuchKey instead of NoSuchUpload',
  'knows no upload that was never started': 'answers 500',
  'knows no parts of an upload that is not there': 'NoSuchKey instead of NoSuchUpload',
  'lists uploads by prefix and delimiter': 'no common prefixes',
};

describeWith(['radosgw'], 'Ceph RGW', () => {
  beforeEach(({ task, skip }) => {
    const deviation = CEPH_DEVIATIONS[task.name];
    skip(deviation !== undefined, deviation);
  });

  backendSuite('a Ceph object gateway', {
    create: async () =>
      createRemoteBackend({ name: 'rgw', forcePathStyle: true, clock: systemClock, ...(await sharedRgw()) }),
    capabilities: {
      minPartSize: 5 * 1024 ** 2,
      anyParts: true,
      digestETags: true,
      refusesOwnBucket: false,
      ifMatchOnPut: false,
      ifMatchOnDelete: false,
      conditionalComplete: false,
      repeatableComplete: false,
      copyConditions: false,
      partNumberReads: false,
      checksums: false,
      partChecksums: false,
      attributes: false,
      metadataLimit: false,
      refusesUnsupported: false,
    },
  });
});
