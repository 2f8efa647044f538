import { fieldValue } from '../field-value.js';
import type { HeaderFields } from '../message.js';
import { formatTaggingHeader, readTagging } from '../xml/tagging.js';
import type { FormFields } from './form-fields.js';

/** Fields of a form that are the header fields of PutObject (AWS, RESTObjectPOST, "Form fields"); what is not listed has no effect. */
const SAME_NAME = new Set([
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
  'x-amz-storage-class',
  'x-amz-website-redirect-location',
]);
const SAME_NAME_FAMILIES = [
  'x-amz-meta-',
  'x-amz-server-side-encryption',
  'x-amz-checksum-',
  'x-amz-object-lock-',
];

/** The header fields of the PutObject that a form asks for. Throws S3Error InvalidArgument, and MalformedXML, InvalidTag and its like for `tagging`. */
export function putHeaders(fields: FormFields): HeaderFields {
  const headers: Record<string, string> = {};
  for (const [name, value] of fields) {
    if (!SAME_NAME.has(name) && !SAME_NAME_FAMILIES.some((family) => name.startsWith(family))) continue;
    headers[name] = fieldValue(name, value);
  }
  const acl = fields.get('acl');
  if (acl !== undefined) headers['x-amz-acl'] = fieldValue('acl', acl);
  const tagging = fields.get('tagging');
  if (tagging) headers['x-amz-tagging'] = formatTaggingHeader(readTagging(tagging));
  return headers;
}
