import { formatCopySource } from '../s3/copy-source.js';
import type { HeaderFields } from '../s3/message.js';
import { readInitiateResult, writeComplete } from '../s3/xml/multipart.js';
import type { ScratchAnswer, ScratchObject } from './scratch-object.js';

/** CopyObject of the scratch object onto itself, with other metadata: else that would be refused. */
export function copyOntoItself(
  scratch: ScratchObject,
  bucket: string,
  fields: HeaderFields = {},
): Promise<ScratchAnswer> {
  const headers = {
    ...fields,
    'x-amz-copy-source': formatCopySource({ bucket, key: scratch.key }),
    'x-amz-metadata-directive': 'REPLACE',
  };
  return scratch.send({ operation: 'CopyObject', method: 'PUT', headers });
}

/**
 * Replaces the scratch object by an upload of one part, which is completed with `headers`, and aborted then. Resolves to the answer to Complete, or to the
 * first step that the store refused.
 */
export async function uploadOnePart(
  scratch: ScratchObject,
  headers: HeaderFields = {},
): Promise<ScratchAnswer> {
  const begun = await scratch.send({
    operation: 'CreateMultipartUpload',
    method: 'POST',
    query: [['uploads', '']],
  });
  if (begun.status !== 200) return begun;
  const { uploadId } = readInitiateResult(begun.text);
  try {
    return await completeOnePart(scratch, uploadId, headers);
  } finally {
    await scratch.send({
      operation: 'AbortMultipartUpload',
      method: 'DELETE',
      query: [['uploadId', uploadId]],
    });
  }
}

async function completeOnePart(
  scratch: ScratchObject,
  uploadId: string,
  headers: HeaderFields,
): Promise<ScratchAnswer> {
  const part = await scratch.send({
    operation: 'UploadPart',
    method: 'PUT',
    query: [
      ['partNumber', '1'],
      ['uploadId', uploadId],
    ],
    body: Buffer.from('part'),
  });
  if (part.etag === undefined) return part;
  return scratch.send({
    operation: 'CompleteMultipartUpload',
    method: 'POST',
    query: [['uploadId', uploadId]],
    headers,
    body: Buffer.from(writeComplete([{ partNumber: 1, etag: part.etag }])),
  });
}
