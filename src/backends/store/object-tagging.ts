import { xmlResponse } from '../../s3/xml/response.js';
import {
  formatTaggingHeader,
  parseTaggingHeader,
  readTagging,
  type Tag,
  writeTagging,
} from '../../s3/xml/tagging.js';
import { findObject, versionOf } from './find-object.js';
import { documentOf, emptyResponse, type Handler, type Operation } from './operation.js';

export const getObjectTagging: Handler = async ({ request, bucket }) => {
  const { tagging } = findObject(bucket, request.key, versionOf(request));
  return xmlResponse(writeTagging(tagging ? parseTaggingHeader(tagging) : []));
};

/** Throws MalformedXML, BadRequest, InvalidTag, NoSuchKey. */
export const putObjectTagging: Handler = async (operation) => {
  await setTags(operation, readTagging(await documentOf(operation.request)));
  return emptyResponse(200);
};

export const deleteObjectTagging: Handler = async (operation) => {
  await setTags(operation, []);
  return emptyResponse(204);
};

async function setTags({ request, bucket }: Operation, tags: readonly Tag[]): Promise<void> {
  await bucket.transact(() => {
    const { tagging: _replaced, ...object } = findObject(bucket, request.key, versionOf(request));
    const tagging = formatTaggingHeader(tags);
    bucket.objects.put(request.key, { ...object, ...(tagging && { tagging }) });
  });
}
