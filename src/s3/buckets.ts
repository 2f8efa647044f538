import { S3Error } from './errors.js';

const LABELS = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;
const IPV4 = /^\d+\.\d+\.\d+\.\d+$/;
const RESERVED_PREFIX = /^(?:xn--|sthree-|amzn-s3-demo-)/;
const RESERVED_SUFFIX = /(?:-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/;

/**
 * Whether a name is one that a general purpose bucket can have: 3 to 63 lower-case letters, digits, hyphens and dots.
 * Source: AWS, "General purpose bucket naming rules"; labels are as in RFC 1123, so that they work as host names.
 */
export function isBucketName(name: string): boolean {
  if (name.length < 3 || name.length > 63 || !LABELS.test(name)) return false;
  return !IPV4.test(name) && !RESERVED_PREFIX.test(name) && !RESERVED_SUFFIX.test(name);
}

/** Throws InvalidBucketName unless `name` is one that a bucket can have. */
export function assertBucketName(name: string): void {
  if (!isBucketName(name)) {
    throw new S3Error('InvalidBucketName', undefined, { fields: { BucketName: name } });
  }
}
