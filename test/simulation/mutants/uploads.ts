import { S3Error } from '../../../src/s3/errors.js';
import { writeCompleteResult } from '../../../src/s3/xml/multipart.js';
import type { Scenario } from '../scenario.js';
import { HoldsNoIntent } from './intents.js';
import { aroundService, CROWD, type Mutants, withLedger } from './mutant.js';

/** A Complete of an upload that is gone is answered as one that was done before. */
const TRUSTS_ABSENCE = aroundService((_, { service }) => async (request) => {
  const { operation, bucket, key } = request;
  const answer = await service(request).catch((error: unknown) => {
    if (error instanceof S3Error && error.code === 'NoSuchUpload') return { status: 404, headers: {} };
    throw error;
  });
  if (operation !== 'CompleteMultipartUpload' || answer.status !== 404) return answer;
  const body = Buffer.from(writeCompleteResult({ location: '', bucket, key, etag: '"done before"' }));
  return { status: 200, headers: {}, body };
});

const UPLOADING: Partial<Scenario> = {
  ...CROWD,
  rung: 'write-through',
  deeds: ['get', 'abort an upload'],
};

export const UPLOADS: Mutants = {
  'takes an upload that is gone for a completed one': { rules: TRUSTS_ABSENCE, where: UPLOADING },
  'aborts an upload beside its Complete': { rules: withLedger(HoldsNoIntent), where: UPLOADING },
};
