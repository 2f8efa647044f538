import { randomUUID } from 'node:crypto';

/** 16 hexadecimal digits, as S3's are. */
export function newRequestId(): string {
  return randomUUID().slice(0, 18).replaceAll('-', '').toUpperCase();
}
