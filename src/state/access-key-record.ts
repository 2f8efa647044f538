import { z } from 'zod';
import type { RecordFormat } from './record-store.js';
import type { Sealer } from './sealing.js';

const accessKeyRecord = z.object({
  accessKeyId: z.string(),
  secretAccessKey: z.string(),
  /** The one bucket that the key is for. */
  bucket: z.string(),
  role: z.enum(['admin', 'editor', 'readonly']),
  /** ISO 8601. */
  createdAt: z.string(),
});

export type AccessKeyRecord = z.infer<typeof accessKeyRecord>;

/** The secret is sealed, with the access key's id as its context. */
export function accessKeyFormat({ seal, open }: Sealer): RecordFormat<AccessKeyRecord> {
  const contextOf = ({ accessKeyId }: AccessKeyRecord) => `access-key/${accessKeyId}/secretAccessKey`;
  return {
    space: 'access-key',
    names: /^[A-Z0-9]{20}$/,
    schema: accessKeyRecord,
    nameOf: ({ accessKeyId }) => accessKeyId,
    sealed: (key) => ({ ...key, secretAccessKey: seal(key.secretAccessKey, contextOf(key)) }),
    opened: (key) => ({ ...key, secretAccessKey: open(key.secretAccessKey, contextOf(key)) }),
  };
}
