import { createSecretKey } from 'node:crypto';
import { type AesGcmOptions, aesGcm } from '../../../src/filters/encryption/aes-gcm.js';
import type { BackendKey } from '../../../src/filters/encryption/keys.js';
import type { S3Filter } from '../../../src/s3/message.js';
import { systemClock } from '../../../src/system/clock.js';

/** A key whose bytes are all the same. */
export const testKey = (keyId: string, byte = 1): BackendKey => ({
  keyId,
  key: createSecretKey(Buffer.alloc(32, byte)),
});

export const encrypting = (options: Partial<AesGcmOptions> = {}): S3Filter =>
  aesGcm({ backend: 'vault', keys: [testKey('k1')], strict: false, clock: systemClock, ...options });
