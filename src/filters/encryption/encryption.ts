import { createSecretKey } from 'node:crypto';
import type { S3Filter } from '../../s3/message.js';
import { type AesGcmOptions, aesGcm } from './aes-gcm.js';
import { refuseMarked } from './refuse-marked.js';
import { SSE_S3, serverSide, sseKms } from './server-side.js';

/** A key of a backend as the configuration has it. */
export interface DeclaredKey {
  readonly keyId: string;
  /** 32 bytes in base64. */
  readonly key: string;
}

/** How the objects of a backend are encrypted at rest: not at all, by the gateway, or by the backend. */
export type EncryptionSettings =
  | { readonly mode: 'none' }
  | (DeclaredKey & {
      readonly mode: 'aes256-gcm';
      /** Keys of before, to read with. */
      readonly previous: readonly DeclaredKey[];
      /** Whether objects that are not encrypted are refused. */
      readonly strict: boolean;
    })
  | { readonly mode: 'sse-s3' }
  | { readonly mode: 'sse-kms'; readonly keyId?: string | undefined };

/** A backend as its settings have it. */
export function encryption(
  settings: EncryptionSettings,
  options: Pick<AesGcmOptions, 'backend' | 'clock'>,
): S3Filter {
  if (settings.mode === 'aes256-gcm') {
    const { strict, previous } = settings;
    return aesGcm({ ...options, strict, keys: [opened(settings), ...previous.map(opened)] });
  }
  const refusing = refuseMarked(options.backend);
  if (settings.mode === 'none') return refusing;
  const fields = settings.mode === 'sse-s3' ? SSE_S3 : sseKms(settings.keyId);
  const told = serverSide(fields, options.backend);
  return (store) => refusing(told(store));
}

const opened = ({ keyId, key }: DeclaredKey) => ({ keyId, key: createSecretKey(key, 'base64') });
