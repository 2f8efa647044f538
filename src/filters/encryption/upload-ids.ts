import type { S3Request, S3Response } from '../../s3/message.js';
import { queryValue } from '../../s3/params.js';
import { mapTexts } from '../../s3/xml/map-texts.js';
import { changedXml } from './xml.js';

/** What the ids of uploads begin with whose parts are encrypted. */
const PREFIX = 'aes1.';

const outerId = (id: string): string => PREFIX + id;

const innerId = (id: string | undefined): string | undefined =>
  id?.startsWith(PREFIX) ? id.slice(PREFIX.length) : undefined;

/** What the store calls the upload that a request names; undefined where its parts are not to be encrypted. */
export const innerUploadId = (request: S3Request): string | undefined =>
  innerId(queryValue(request, 'uploadId'));

const OF_UPLOADS = new Set(['uploadId', 'upload-id-marker']);

/** The same request under the store's id. */
export const withInnerId = (request: S3Request): S3Request => ({
  ...request,
  query: request.query.map(([name, value]) =>
    OF_UPLOADS.has(name) ? [name, innerId(value) ?? value] : [name, value],
  ),
});

/** An answer of XML under the ids that clients have. */
export const withOuterIds = (answer: S3Response): Promise<S3Response> =>
  changedXml(answer, (xml) =>
    mapTexts(xml, ['UploadId', 'UploadIdMarker', 'NextUploadIdMarker'], (id) =>
      id === '' ? id : outerId(id),
    ),
  );
