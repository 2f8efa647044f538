import { writeOwner } from '../../s3/xml/owner.js';
import { xmlResponse } from '../../s3/xml/response.js';
import { document, element, parent } from '../../s3/xml/writer.js';
import { findObject, versionOf } from './find-object.js';
import type { Handler } from './operation.js';
import { OWNER } from './owner.js';

export const getBucketAcl: Handler = async () => xmlResponse(OWNER_HAS_ALL);

export const getObjectAcl: Handler = async ({ request, bucket }) => {
  findObject(bucket, request.key, versionOf(request));
  return xmlResponse(OWNER_HAS_ALL);
};

const GRANTEE =
  '<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser">' +
  `${element('ID', OWNER.id)}${element('DisplayName', OWNER.displayName)}</Grantee>`;

/** What a store without accounts can say: the owner may do everything, and nobody else has a grant. */
const OWNER_HAS_ALL = document(
  'AccessControlPolicy',
  writeOwner(OWNER) +
    parent('AccessControlList', parent('Grant', GRANTEE + element('Permission', 'FULL_CONTROL'))),
);
