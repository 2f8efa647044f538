import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** Keeps secrets unreadable and unmovable in the state: AES-256-GCM (NIST SP 800-38D) under the master key. */
export interface Sealer {
  /** `context` says what the secret belongs to; the result opens in no other context. */
  seal(plaintext: string, context: string): string;
  /** @throws SealBroken when the master key or the context is another one, or the text was altered. */
  open(sealed: string, context: string): string;
}

export class SealBroken extends Error {
  override readonly name = 'SealBroken';

  constructor(context: string, options?: ErrorOptions) {
    super(`the secret of ${context} does not open: another master key sealed it, or it was altered`, options);
  }
}

/** Version of the format: base64 of nonce, ciphertext and tag follows. */
const FORMAT = 'v1:';
const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** @param masterKey 32 bytes. */
export function createSealer(masterKey: Buffer): Sealer {
  return {
    seal(plaintext, context) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, masterKey, nonce).setAAD(Buffer.from(context));
      const sealed = [nonce, cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()];
      return FORMAT + Buffer.concat(sealed).toString('base64');
    },
    open(sealed, context) {
      try {
        return decrypt(sealed, context, masterKey);
      } catch (error) {
        throw new SealBroken(context, { cause: error });
      }
    },
  };
}

function decrypt(sealed: string, context: string, masterKey: Buffer): string {
  if (!sealed.startsWith(FORMAT)) throw new Error(`unknown format, expected ${FORMAT}`);
  const bytes = Buffer.from(sealed.slice(FORMAT.length), 'base64');
  if (bytes.length < NONCE_BYTES + TAG_BYTES) throw new Error('too short');
  const decipher = createDecipheriv(ALGORITHM, masterKey, bytes.subarray(0, NONCE_BYTES))
    .setAAD(Buffer.from(context))
    .setAuthTag(bytes.subarray(-TAG_BYTES));
  const opened = [decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()];
  return Buffer.concat(opened).toString('utf8');
}

/** A sealed text, which is base64 behind the name of its format and a colon, as part of a URL. */
export const toUrlSafe = (sealed: string): string =>
  sealed.replace(':', '.').replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

export const fromUrlSafe = (text: string): string =>
  text.replace('.', ':').replaceAll('-', '+').replaceAll('_', '/');
