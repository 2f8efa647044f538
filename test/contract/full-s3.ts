import type { Capabilities } from './backend-suite.js';

/** What the stores of this project do: all of it, with parts small enough for tests. */
export const FULL_S3: Capabilities = {
  minPartSize: 20_000,
  anyParts: true,
  digestETags: true,
  refusesOwnBucket: true,
  ifMatchOnPut: true,
  ifMatchOnDelete: true,
  conditionalComplete: true,
  repeatableComplete: true,
  copyConditions: true,
  partNumberReads: true,
  checksums: true,
  partChecksums: true,
  attributes: true,
  metadataLimit: true,
  refusesUnsupported: true,
};
