import { DECRYPTED } from '../../filters/encryption/mark.js';
import {
  CHECKSUM_ALGORITHMS,
  CHECKSUM_HEADERS,
  type ChecksumAlgorithm,
  isDigest,
} from '../../s3/checksums.js';
import { partCount } from '../../shadow/copying/part-layout.js';
import { hasDigests } from '../../shadow/copying/source-object.js';
import { isSameETag, type SeenObject, unquoted } from './sight.js';
import { different, type Judgement, unverifiable } from './verified.js';

/** What a store itself says of an object's bytes. Never what the gateway has written beside them: that proves nothing of them. */
export interface Claims {
  /** Hashes of all bytes, in hexadecimal, the strongest first. */
  readonly whole: ReadonlyMap<ChecksumAlgorithm, string>;
  /** The ETag of an object in parts where it is made of the parts' MD5s, without quotes. */
  readonly ofParts: string | undefined;
}

const STRENGTH: readonly ChecksumAlgorithm[] = [
  'sha512',
  'sha256',
  'sha1',
  'md5',
  'crc64nvme',
  'crc32c',
  'crc32',
];

const PLAIN_MD5 = /^[0-9a-f]{32}$/;

export const isPlainMd5 = (etag: string): boolean => PLAIN_MD5.test(unquoted(etag));

/** Of an object that was only listed, its ETag is taken at its word; the store may have said since that it encrypts. */
export function claimsOf({ etag, headers = {} }: SeenObject): Claims {
  if (headers[DECRYPTED] !== undefined) return { whole: new Map(), ofParts: undefined };
  const found = new Map<ChecksumAlgorithm, string>();
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const value = headers[CHECKSUM_HEADERS[algorithm]];
    if (value !== undefined && isDigest(algorithm, value)) found.set(algorithm, inHex(value));
  }
  const isDigestETag = hasDigests(headers);
  if (isDigestETag && isPlainMd5(etag)) found.set('md5', unquoted(etag));
  const whole = new Map(STRENGTH.flatMap((algorithm) => entryOf(found, algorithm)));
  const ofParts = isDigestETag && partCount({ etag }) !== undefined ? unquoted(etag) : undefined;
  return { whole, ofParts };
}

export const inHex = (base64: string): string => Buffer.from(base64, 'base64').toString('hex');

function entryOf(found: Claims['whole'], algorithm: ChecksumAlgorithm): [ChecksumAlgorithm, string][] {
  const value = found.get(algorithm);
  return value === undefined ? [] : [[algorithm, value]];
}

/** Whether what both stores say agrees; undefined where they say nothing that could be compared. */
export function compareClaims(source: Claims, target: Claims): Judgement | undefined {
  const shared = [...source.whole.keys()].filter((algorithm) => target.whole.has(algorithm));
  const differing = shared.find((algorithm) => source.whole.get(algorithm) !== target.whole.get(algorithm));
  if (differing) return different(`their ${differing} differs`);
  const [strongest] = shared;
  if (strongest) {
    return { result: 'same', hash: { algorithm: strongest, value: source.whole.get(strongest) ?? '' } };
  }
  const { ofParts } = source;
  if (ofParts !== undefined && ofParts === target.ofParts)
    return { result: 'same', hash: { algorithm: 'etag', value: ofParts } };
  return undefined;
}

/** By size and ETag alone. */
export function compareListed(source: SeenObject, target: SeenObject): Judgement {
  if (source.size !== target.size) return sizesDiffer(source, target);
  if (isSameETag(source.etag, target.etag)) {
    const value = unquoted(source.etag);
    const algorithm = isPlainMd5(value) ? 'md5' : 'etag';
    return { result: 'same', hash: { algorithm, value } };
  }
  const [one, other] = [claimsOf(source), claimsOf(target)];
  if (one.whole.has('md5') && other.whole.has('md5')) return different('their ETags differ');
  if (isInParts(source) && isInParts(target)) return unverifiable('both are in parts, which may be others');
  if (isInParts(source) || isInParts(target))
    return unverifiable(
      `the ${isInParts(source) ? 'source' : 'copy'} alone is in parts, so the ETags differ`,
    );
  return unverifiable('an ETag of the two is no hash of the bytes');
}

export const sizesDiffer = (source: SeenObject, target: SeenObject): Judgement =>
  different(`the shadow has ${source.size} bytes, the target ${target.size}`);

const isInParts = (object: SeenObject): boolean => partCount(object) !== undefined;
