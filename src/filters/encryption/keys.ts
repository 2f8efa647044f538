import { createHash, hkdfSync, type KeyObject } from 'node:crypto';

/** A key of a backend: 256 bits, and what objects call it. */
export interface BackendKey {
  readonly keyId: string;
  readonly key: KeyObject;
}

/** The first is what is written with; all are read with. */
export type KeyRing = readonly [BackendKey, ...BackendKey[]];

const PURPOSE = 'penumbra/aes256-gcm/1\0';
const KEY_BYTES = 32;

/** The key of one write: of the backend's key, the write's own salt and the name of the object (RFC 5869, HKDF with SHA-256). */
export function dataKey({ key }: BackendKey, salt: Buffer, objectKey: string): Buffer {
  const info = Buffer.concat([Buffer.from(PURPOSE), createHash('sha256').update(objectKey).digest()]);
  return Buffer.from(hkdfSync('sha256', key, salt, info, KEY_BYTES));
}

/** What records tell an upload by: of its id, which no other upload has. */
export const uploadMark = (uploadId: string): Buffer =>
  createHash('sha256').update(`upload\0${uploadId}`).digest().subarray(0, 6);
