import { formatCopySource } from '../s3/copy-source.js';
import type { HeaderFields } from '../s3/message.js';
import { readInitiateResult, writeComplete } from '../s3/xml/multipart.js';
import type { BucketRecord } from '../state/buckets.js';
import { type ProbeTarget, type ScratchObject, withScratchObject } from './scratch-object.js';

const IF_NONE_MATCH: HeaderFields = { 'if-none-match': '*' };
/** Of no object. */
const IF_MATCH: HeaderFields = { 'if-match': '"00000000000000000000000000000000"' };
const PRECONDITION_FAILED = 412;

/**
 * Finds out by trying whether the target refuses `If-None-Match: *` on a key that exists, on PUT, on CompleteMultipartUpload and on CopyObject, and
 * `If-Match` with another ETag, on PUT and on DELETE; some stores ignore some of them. Throws TargetRefused.
 */
export function probeConditionalWrites(target: ProbeTarget): Promise<BucketRecord['conditionalWrites']> {
  return withScratchObject(target, async (scratch) => ({
    put: await refusesPut(scratch, IF_NONE_MATCH),
    complete: await refusesComplete(scratch),
    match: (await refusesPut(scratch, IF_MATCH)) && (await refusesDelete(scratch)),
    copy: await refusesCopy(scratch, target.bucket),
  }));
}

async function refusesPut(scratch: ScratchObject, headers: HeaderFields): Promise<boolean> {
  const answer = await scratch.send({
    operation: 'PutObject',
    method: 'PUT',
    headers,
    body: Buffer.from('again'),
  });
  return answer.status === PRECONDITION_FAILED;
}

/** Of the object onto itself, with other metadata: else that would be refused. */
async function refusesCopy(scratch: ScratchObject, bucket: string): Promise<boolean> {
  const headers = {
    ...IF_NONE_MATCH,
    'x-amz-copy-source': formatCopySource({ bucket, key: scratch.key }),
    'x-amz-metadata-directive': 'REPLACE',
  };
  const answer = await scratch.send({ operation: 'CopyObject', method: 'PUT', headers });
  return answer.status === PRECONDITION_FAILED;
}

async function refusesDelete(scratch: ScratchObject): Promise<boolean> {
  const answer = await scratch.send({ operation: 'DeleteObject', method: 'DELETE', headers: IF_MATCH });
  return answer.status === PRECONDITION_FAILED;
}

async function refusesComplete(scratch: ScratchObject): Promise<boolean> {
  const begun = await scratch.send({
    operation: 'CreateMultipartUpload',
    method: 'POST',
    query: [['uploads', '']],
  });
  if (begun.status !== 200) return false;
  const { uploadId } = readInitiateResult(begun.text);
  try {
    return (await completeOnePart(scratch, uploadId)) === PRECONDITION_FAILED;
  } finally {
    await scratch.send({
      operation: 'AbortMultipartUpload',
      method: 'DELETE',
      query: [['uploadId', uploadId]],
    });
  }
}

/** The status of the answer to Complete. */
async function completeOnePart(scratch: ScratchObject, uploadId: string): Promise<number> {
  const part = await scratch.send({
    operation: 'UploadPart',
    method: 'PUT',
    query: [
      ['partNumber', '1'],
      ['uploadId', uploadId],
    ],
    body: Buffer.from('part'),
  });
  if (part.etag === undefined) return part.status;
  const completed = await scratch.send({
    operation: 'CompleteMultipartUpload',
    method: 'POST',
    query: [['uploadId', uploadId]],
    headers: IF_NONE_MATCH,
    body: Buffer.from(writeComplete([{ partNumber: 1, etag: part.etag }])),
  });
  return completed.status;
}
