import { children, textOf, type XmlElement } from './reader.js';
import { element } from './writer.js';

const CHECKSUM_ELEMENTS = {
  crc32: 'ChecksumCRC32',
  crc32c: 'ChecksumCRC32C',
  crc64nvme: 'ChecksumCRC64NVME',
  sha1: 'ChecksumSHA1',
  sha256: 'ChecksumSHA256',
} as const;

type Algorithm = keyof typeof CHECKSUM_ELEMENTS;

const ALGORITHMS = Object.keys(CHECKSUM_ELEMENTS) as Algorithm[];

/** Checksums by algorithm, each in base64, as x-amz-checksum-* headers and Checksum* elements have them. */
export type Checksums = Readonly<Partial<Record<Algorithm, string>>>;

/** Which checksums an object has, as listings tell. */
export interface ListedChecksums {
  readonly checksumAlgorithm?: readonly string[];
  readonly checksumType?: string;
}

export const writeListedChecksums = ({ checksumAlgorithm = [], checksumType }: ListedChecksums): string =>
  checksumAlgorithm.map((algorithm) => element('ChecksumAlgorithm', algorithm)).join('') +
  element('ChecksumType', checksumType);

export function readListedChecksums(xml: XmlElement): ListedChecksums {
  const checksumAlgorithm = children(xml, 'ChecksumAlgorithm').map(({ text }) => text);
  const checksumType = textOf(xml, 'ChecksumType');
  return {
    ...(checksumAlgorithm.length > 0 && { checksumAlgorithm }),
    ...(checksumType && { checksumType }),
  };
}

export function writeChecksums(checksums: Checksums = {}): string {
  return ALGORITHMS.map((algorithm) => element(CHECKSUM_ELEMENTS[algorithm], checksums[algorithm])).join('');
}

/** The checksums among an element's children; undefined when there are none. */
export function readChecksums(xml: XmlElement): Checksums | undefined {
  const found: Partial<Record<Algorithm, string>> = {};
  for (const algorithm of ALGORITHMS) {
    const value = textOf(xml, CHECKSUM_ELEMENTS[algorithm]);
    if (value !== undefined) found[algorithm] = value;
  }
  return Object.keys(found).length > 0 ? found : undefined;
}
