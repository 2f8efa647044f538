import { S3Error } from '../../s3/errors.js';
import type { HeaderFields } from '../../s3/message.js';
import { formatTaggingHeader, parseTaggingHeader } from '../../s3/xml/tagging.js';
import type { ObjectMetadata } from './records.js';

const USER_METADATA = 'x-amz-meta-';
/** AWS, "Working with object metadata": names and values together, in bytes; a header string has one character for each. */
const MAX_USER_METADATA_BYTES = 2048;
const DEFAULT_CONTENT_TYPE = 'binary/octet-stream';
const STORAGE_CLASS = 'x-amz-storage-class';

const SYSTEM_METADATA = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'expires',
  'x-amz-website-redirect-location',
];

const STORAGE_CLASSES = new Set([
  'STANDARD',
  'REDUCED_REDUNDANCY',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER_IR',
]);

/** What the store cannot honour, so must not take and forget. */
const UNSUPPORTED = /^x-amz-(?:server-side-encryption|object-lock-|write-offset-bytes)/;
const GRANT = 'x-amz-grant-';
/** Those that say what is so anyway. */
const HARMLESS_ACLS = new Set(['private', 'bucket-owner-full-control', 'bucket-owner-read']);

/**
 * The metadata that a write gives its object. Throws MetadataTooLarge, InvalidStorageClass, InvalidTag and its like, and
 * NotImplemented or AccessControlListNotSupported for what the store cannot honour.
 */
export function metadataOf(headers: HeaderFields): ObjectMetadata {
  assertHonoured(headers);
  const tagging = taggingOf(headers);
  return { headers: storedHeaders(headers), ...(tagging && { tagging }) };
}

/** Throws NotImplemented or AccessControlListNotSupported for what the store cannot honour. */
export function assertHonoured(headers: HeaderFields): void {
  for (const name of Object.keys(headers)) {
    if (UNSUPPORTED.test(name)) {
      throw new S3Error('NotImplemented', undefined, { fields: { Header: name } });
    }
    if (name.startsWith(GRANT)) throw new S3Error('AccessControlListNotSupported');
  }
  if (!HARMLESS_ACLS.has(headers['x-amz-acl'] ?? 'private')) {
    throw new S3Error('AccessControlListNotSupported');
  }
}

/** The tags of a write in their canonical form; '' for none. Throws InvalidTag and its like. */
export function taggingOf(headers: HeaderFields): string {
  const header = headers['x-amz-tagging'];
  return header ? formatTaggingHeader(parseTaggingHeader(header)) : '';
}

/** The header fields that GET and HEAD of the object will answer. Throws MetadataTooLarge, InvalidStorageClass. */
export function storedHeaders(headers: HeaderFields): HeaderFields {
  const stored: Record<string, string> = { 'content-type': headers['content-type'] || DEFAULT_CONTENT_TYPE };
  for (const name of SYSTEM_METADATA) {
    const value = headers[name];
    if (value) stored[name] = value;
  }
  const storageClass = storageClassOf(headers);
  if (storageClass !== 'STANDARD') stored[STORAGE_CLASS] = storageClass;
  return Object.assign(stored, userMetadata(headers));
}

export function storageClassOf(headers: HeaderFields): string {
  const storageClass = headers[STORAGE_CLASS] ?? 'STANDARD';
  if (!STORAGE_CLASSES.has(storageClass)) throw new S3Error('InvalidStorageClass');
  return storageClass;
}

function userMetadata(headers: HeaderFields): HeaderFields {
  const entries = Object.entries(headers).filter(([name]) => name.startsWith(USER_METADATA));
  const bytes = entries.reduce(
    (sum, [name, value]) => sum + name.length - USER_METADATA.length + value.length,
    0,
  );
  if (bytes <= MAX_USER_METADATA_BYTES) return Object.fromEntries(entries);
  throw new S3Error('MetadataTooLarge', undefined, {
    fields: { Size: String(bytes), MaxSizeAllowed: String(MAX_USER_METADATA_BYTES) },
  });
}
