import { beforeEach } from 'vitest';
import type { Capabilities } from './backend-suite.js';

/** Where Ceph 16.2 does otherwise than S3, by the name of the case. */
const DEVIATIONS: Readonly<Record<string, string>> = {
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

/** Skips them, each with its reason. */
export function skipDeviations(): void {
  beforeEach(({ task, skip }) => {
    const deviation = DEVIATIONS[task.name];
    skip(deviation !== undefined, deviation);
  });
}

/** What Ceph 16.2 does of what not all stores do. */
export const CEPH: Capabilities = {
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
};
