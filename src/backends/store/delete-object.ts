import { evaluateConditions } from '../../s3/conditions.js';
import { S3Error } from '../../s3/errors.js';
import { type ObjectToDelete, readDelete, writeDeleteResult } from '../../s3/xml/delete.js';
import { xmlResponse } from '../../s3/xml/response.js';
import { NULL_VERSION } from '../../s3/xml/versions.js';
import { versionOf } from './find-object.js';
import { documentOf, emptyResponse, type Handler } from './operation.js';
import type { BucketPersistence } from './persistence.js';

/** DeleteObject: 204 also when there is nothing to delete. Throws PreconditionFailed. */
export const deleteObject: Handler = async ({ request, bucket }) => {
  const versionId = versionOf(request);
  const etag = request.headers['if-match'];
  await deleteOne(bucket, {
    key: request.key,
    ...(versionId !== undefined && { versionId }),
    ...(etag !== undefined && { etag }),
  });
  return emptyResponse(204);
};

/** DeleteObjects. Throws MalformedXML; what goes wrong with one object is told of that object. */
export const deleteObjects: Handler = async ({ request, bucket }) => {
  const { objects, quiet } = readDelete(await documentOf(request));
  const outcomes = await Promise.all(objects.map((object) => outcomeOf(bucket, object)));
  const result = {
    deleted: objects.filter((_object, index) => !outcomes[index]).map(withoutEtag),
    errors: outcomes.filter((outcome) => outcome !== undefined),
  };
  return xmlResponse(writeDeleteResult(result, quiet));
};

async function deleteOne(bucket: BucketPersistence, { key, versionId, etag }: ObjectToDelete): Promise<void> {
  if (versionId !== undefined && versionId !== NULL_VERSION) return;
  if (etag === undefined && !bucket.objects.get(key)) return;
  await bucket.transact(() => {
    const object = bucket.objects.get(key);
    if (etag !== undefined && !matches(etag, object)) {
      throw new S3Error('PreconditionFailed', undefined, { fields: { Condition: 'If-Match' } });
    }
    if (!object) return;
    bucket.objects.remove(key);
    bucket.contents.release(object.content);
  });
}

function matches(etag: string, object: ReturnType<BucketPersistence['objects']['get']>): boolean {
  return evaluateConditions({ method: 'DELETE', headers: { 'if-match': etag } }, object) === 'proceed';
}

async function outcomeOf(bucket: BucketPersistence, object: ObjectToDelete) {
  try {
    await deleteOne(bucket, object);
    return undefined;
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    return { ...withoutEtag(object), code: error.code, message: error.message };
  }
}

function withoutEtag({ key, versionId }: ObjectToDelete): { key: string; versionId?: string } {
  return { key, ...(versionId !== undefined && { versionId }) };
}
