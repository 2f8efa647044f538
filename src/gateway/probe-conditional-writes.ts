import type { HeaderFields } from '../s3/message.js';
import type { BucketRecord } from '../state/buckets.js';
import { type ProbeTarget, type ScratchObject, withScratchObject } from './scratch-object.js';
import { copyOntoItself, uploadOnePart } from './scratch-writes.js';

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

async function refusesCopy(scratch: ScratchObject, bucket: string): Promise<boolean> {
  return (await copyOntoItself(scratch, bucket, IF_NONE_MATCH)).status === PRECONDITION_FAILED;
}

async function refusesDelete(scratch: ScratchObject): Promise<boolean> {
  const answer = await scratch.send({ operation: 'DeleteObject', method: 'DELETE', headers: IF_MATCH });
  return answer.status === PRECONDITION_FAILED;
}

async function refusesComplete(scratch: ScratchObject): Promise<boolean> {
  return (await uploadOnePart(scratch, IF_NONE_MATCH)).status === PRECONDITION_FAILED;
}
