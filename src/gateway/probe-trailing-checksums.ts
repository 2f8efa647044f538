import { Readable } from 'node:stream';
import { discard } from '../s3/body.js';
import { CHECKSUM_HEADERS, createChecksum } from '../s3/checksums.js';
import { S3Error } from '../s3/errors.js';
import type { QueryParameter, S3Request, S3Response } from '../s3/message.js';
import { readInitiateResult } from '../s3/xml/multipart.js';
import { type ProbeTarget, scratchKey, textOf } from './scratch-object.js';

const HEADER = CHECKSUM_HEADERS.crc32;
const CONTENT = Buffer.from('probe');

/**
 * Finds out by trying whether a store takes a checksum that comes after the body, and judges it: a part of an upload that is then aborted, so that
 * nothing is stored. False for one that takes no upload.
 */
export async function probeTrailingChecksums(target: ProbeTarget): Promise<boolean> {
  const scratch = scratchRequest(target);
  const begun = await target.service(
    scratch('CreateMultipartUpload', 'POST', {
      query: [['uploads', '']],
      headers: { 'x-amz-checksum-algorithm': 'CRC32' },
    }),
  );
  const uploadId = await uploadIdIn(begun);
  if (uploadId === undefined) return false;
  const query: QueryParameter[] = [['uploadId', uploadId]];
  try {
    const right = createChecksum('crc32');
    right.update(CONTENT);
    const sendPart = async (digest: string) => {
      const partQuery: QueryParameter[] = [['partNumber', '1'], ...query];
      const answer = await target.service(
        scratch('UploadPart', 'PUT', { query: partQuery, ...trailed(digest) }),
      );
      discard(answer.body);
      return answer.status;
    };
    return (await sendPart(right.digest())) === 200 && (await sendPart('AAAAAA==')) === 400;
  } finally {
    const aborted = await target.service(scratch('AbortMultipartUpload', 'DELETE', { query }));
    discard(aborted.body);
  }
}

/** The upload that was begun; undefined when the store has said anything else. */
async function uploadIdIn(begun: S3Response): Promise<string | undefined> {
  try {
    const text = await textOf(begun);
    return begun.status === 200 ? readInitiateResult(text).uploadId : undefined;
  } catch (error) {
    if (error instanceof S3Error && error.code === 'MalformedXML') return undefined;
    throw error;
  }
}

const trailed = (digest: string) => ({
  headers: { 'content-length': String(CONTENT.length) },
  body: Readable.from([CONTENT]),
  announcedTrailer: HEADER,
  trailers: () => ({ [HEADER]: digest }),
});

function scratchRequest({ bucket }: ProbeTarget) {
  const key = scratchKey();
  const { signal } = new AbortController();
  return (operation: S3Request['operation'], method: string, request: Partial<S3Request>): S3Request => ({
    operation,
    method,
    bucket,
    key,
    query: [],
    headers: {},
    signal,
    ...request,
  });
}
