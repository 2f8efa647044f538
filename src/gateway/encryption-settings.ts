import { z } from 'zod';
import type { EncryptionSettings } from '../filters/encryption/encryption.js';
import { mustBe, secretMustBe } from './rules.js';

const KEY_RULE = secretMustBe('32 bytes in base64 or hexadecimal');

/** Objects name their key by it, in their metadata. */
const keyId = z
  .string(mustBe('the name of the key'))
  .regex(/^[A-Za-z0-9._-]{1,64}$/, mustBe('1 to 64 letters, digits, dots, dashes and underscores'));

const key = z
  .string(KEY_RULE)
  .refine((text) => bytesOf(text) !== undefined, KEY_RULE)
  .transform((text) => (bytesOf(text) ?? Buffer.alloc(0)).toString('base64'));

const namedKey = { key_id: keyId, key };

/** Another key, by which all is encrypted from then on. */
export const newKeySchema = z.strictObject(namedKey);

const aesSchema = z
  .strictObject({
    mode: z.literal('aes256-gcm'),
    ...namedKey,
    previous: z.array(z.strictObject(namedKey)).default([]),
    strict: z.boolean().default(false),
  })
  .superRefine(({ key_id, previous }, context) => {
    const ids = [key_id, ...previous.map((one) => one.key_id)];
    const twice = ids.find((id, index) => ids.indexOf(id) !== index);
    if (twice === undefined) return;
    context.addIssue({ code: 'custom', path: ['previous'], message: `"${twice}" is the name of two keys` });
  });

/** `encryption` of a backend. No message shows a key. */
export const encryptionSchema = z
  .discriminatedUnion(
    'mode',
    [
      z.strictObject({ mode: z.literal('none') }),
      aesSchema,
      z.strictObject({ mode: z.literal('sse-s3') }),
      z.strictObject({
        mode: z.literal('sse-kms'),
        key_id: z.string().min(1, mustBe('the id, alias or ARN of a key of the backend')).optional(),
      }),
    ],
    'mode must be none, aes256-gcm, sse-s3 or sse-kms',
  )
  .optional();

export type DeclaredEncryption = z.infer<typeof encryptionSchema>;

/**
 * What is declared, with another key to encrypt by; what is encrypted with those of before can still be read.
 *
 * @returns undefined where there are no keys, or a key has that name
 */
export function withNewKey(
  declared: DeclaredEncryption,
  next: z.infer<typeof newKeySchema>,
): DeclaredEncryption {
  if (declared?.mode !== 'aes256-gcm') return undefined;
  const { key_id, key, previous } = declared;
  const before = [{ key_id, key }, ...previous];
  if (before.some((one) => one.key_id === next.key_id)) return undefined;
  return { ...declared, ...next, previous: before };
}

/** What is declared, as a backend is opened with it. */
export function toEncryption(declared: DeclaredEncryption): EncryptionSettings | undefined {
  if (declared?.mode === 'sse-kms') return { mode: 'sse-kms', keyId: declared.key_id };
  if (declared?.mode !== 'aes256-gcm') return declared;
  const { mode, strict, previous } = declared;
  return { mode, ...keyOf(declared), previous: previous.map(keyOf), strict };
}

const keyOf = ({ key_id, key }: { readonly key_id: string; readonly key: string }) => ({
  keyId: key_id,
  key,
});

const KEY_BYTES = 32;

/** The key that a text is, in one of its two forms. */
function bytesOf(text: string): Buffer | undefined {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex');
  const bytes = Buffer.from(text, 'base64');
  const isCanonical = bytes.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '');
  return bytes.length === KEY_BYTES && isCanonical ? bytes : undefined;
}
