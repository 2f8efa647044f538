import { S3ServiceException } from '@aws-sdk/client-s3';
import { connectionError, KEY_ERRORS, NO_S3_SERVICE, REGION_ERRORS, ShadowRefused } from './probe-refusal.js';

export interface RefusalContext {
  /** What was tried, in the reader's words. */
  readonly what: string;
  readonly shadow: { readonly bucket: string; readonly region: string };
  /** The deadline, when it has passed. */
  readonly deadlineMs: number | null;
}

const CODE = /^[A-Za-z][A-Za-z0-9.]{2,63}$/;

/** The reason in the words of the shadow's status and error code; never its message, which can quote a key. */
export function shadowRefusal(error: unknown, context: RefusalContext): ShadowRefused {
  return new ShadowRefused(reasonOf(error, context), { cause: error });
}

export function notS3(): ShadowRefused {
  return new ShadowRefused(`shadow not reachable: ${NO_S3_SERVICE}`);
}

export function isNotFound(error: unknown): boolean {
  if (!(error instanceof S3ServiceException)) return false;
  return error.$metadata.httpStatusCode === 404 && error.name !== 'NoSuchBucket';
}

function reasonOf(error: unknown, { what, shadow, deadlineMs }: RefusalContext): string {
  if (deadlineMs !== null) return `shadow not reachable: no answer within ${deadlineMs / 1000} s`;
  if (!(error instanceof S3ServiceException)) return `shadow not reachable: ${connectionError(error)}`;
  const status = error.$metadata.httpStatusCode ?? 0;
  const code = CODE.test(error.name) && error.name !== 'Unknown' ? error.name : `HTTP ${status}`;
  if (KEY_ERRORS.has(code)) return `shadow refused the access key: ${code}`;
  if (code === 'NoSuchBucket') return `shadow has no such bucket: "${shadow.bucket}"`;
  if (REGION_ERRORS.has(code)) return `shadow is not in region "${shadow.region}": ${code}`;
  if (status === 403) return `shadow "${shadow.bucket}" does not allow ${what}: ${code}`;
  return `shadow failed at ${what}: ${code}`;
}
