import { CHECKSUM_ALGORITHMS, CHECKSUM_HEADERS, checksumAlgorithmOf, isDigest } from '../../s3/checksums.js';
import type { HeaderFields } from '../../s3/message.js';

const NAME = 'penumbra-encryption';
const RESERVED = `x-amz-meta-${NAME}`;
const CHECKSUM = `${RESERVED}-checksum`;
/** Before the names of fields that a client calls so: it may be a gateway that encrypts, too. */
const OUTER = 'outer-';
const VERSION = '1';

/** What an encrypted object says of itself, in user metadata that the gateway alone writes and nobody else is shown. */
export interface Mark {
  readonly keyId: string;
  /** Of an object of one PUT, the salt of its records; each part of an upload has another. */
  readonly salt: Buffer | undefined;
}

export const markFields = ({ keyId, salt }: Mark): HeaderFields => ({
  [RESERVED]: [VERSION, keyId, ...(salt ? [salt.toString('base64url')] : [])].join(' '),
});

/** Tells a store that whoever asks decrypts what it has: another gateway refuses encrypted objects to those who take them for what was written. */
export const DECRYPTS = 'x-penumbra-decrypts';

/** Tells who reads an object that the gateway has decrypted it, and so that nothing its headers say of the bytes is the store's word. */
export const DECRYPTED = 'x-penumbra-encryption';

/** Undefined for an object that is not encrypted; 'unknown' for a mark that this version cannot read. */
export function readMark(headers: HeaderFields): Mark | 'unknown' | undefined {
  const text = headers[RESERVED];
  if (text === undefined) return undefined;
  const [version, keyId, salt] = text.split(' ');
  if (version !== VERSION || keyId === undefined) return 'unknown';
  return { keyId, salt: salt === undefined ? undefined : Buffer.from(salt, 'base64url') };
}

export const isMarked = (headers: HeaderFields): boolean => headers[RESERVED] !== undefined;

const OF_CLIENT = new RegExp(`^x-amz-meta-((?:${OUTER})*${NAME}.*)$`);

/** What a client writes, with other names in the place of reserved ones. */
export const withClientMark = (headers: HeaderFields): HeaderFields =>
  renamed(headers, (name) => name.replace(OF_CLIENT, `x-amz-meta-${OUTER}$1`));

/** What is stored as a client is to see it: without the mark, and with what the client has called so. */
export function withoutMark(headers: HeaderFields): HeaderFields {
  const own = Object.entries(headers).filter(([name]) => !name.startsWith(RESERVED));
  return renamed(Object.fromEntries(own), (name) =>
    name.replace(OF_CLIENT, (_, rest: string) => `x-amz-meta-${rest.slice(OUTER.length)}`),
  );
}

const renamed = (headers: HeaderFields, change: (name: string) => string): HeaderFields =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.includes(NAME) ? change(name) : name, value]),
  );

/** The checksum of all bytes that a client has given with them, as metadata: the store has other bytes to take one of. */
export function keptChecksum(given: HeaderFields): HeaderFields {
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const value = given[CHECKSUM_HEADERS[algorithm]];
    if (value !== undefined) return { [CHECKSUM]: `${CHECKSUM_HEADERS[algorithm]} ${value}` };
  }
  return {};
}

/** The header fields that tell it. */
export function toldChecksum(headers: HeaderFields): HeaderFields {
  const [name = '', value = ''] = headers[CHECKSUM]?.split(' ') ?? [];
  const algorithm = checksumAlgorithmOf(name);
  if (algorithm === undefined || !isDigest(algorithm, value)) return {};
  return { [name]: value, 'x-amz-checksum-type': 'FULL_OBJECT' };
}
