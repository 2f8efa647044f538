import { createHash } from 'node:crypto';

/** What an object is made of. Its bytes follow from both numbers. */
export interface Content {
  readonly seed: number;
  /** Bytes. */
  readonly size: number;
}

export interface LegacyObject extends Content {
  readonly key: string;
  readonly isInParts: boolean;
}

const MIB = 1024 * 1024;
export const PART_BYTES = 5 * MIB;

/** Names that are legal, and go wrong where they are escaped once too often, cut at a slash, or sorted otherwise than by their bytes. */
const ODD_KEYS = [
  ...[
    'ünïcödé/naïve',
    '日本語/キー',
    'emoji/😀',
    'with space',
    ' leading',
    'trailing ',
    'plus+sign',
    'a+b c%20d',
  ],
  ...['100%', 'percent%41', '%2F', 'a//b', '//', '///c', 'folder/', 'folder/nested/', 'folder', 'q?x=1&y=2'],
  ...['hash#tag', 'quote\'"', '<xml>&amp;', '~*=;,:@$!()[]{}|^`', `${'日'.repeat(341)}a`, 'x'.repeat(1_024)],
];

/** So many objects: mostly small, some of 1 MiB, a few in parts, and some whose names are odd. */
export function mixedObjects(count: number): LegacyObject[] {
  return Array.from({ length: count }, (_, index) => {
    const key = ODD_KEYS[index] ?? `dir-${index % 40}/object-${index}`;
    const isInParts = index > ODD_KEYS.length && index % 5_000 === 4_999;
    const isLarge = index > ODD_KEYS.length && index % 500 === 250;
    const size = isInParts ? 2 * PART_BYTES + 1_234 : isLarge ? MIB : 1 + ((index * 37) % 4_000);
    return { key, seed: index, size, isInParts };
  });
}

export function bytesOf({ seed, size }: Content): Buffer {
  return Buffer.alloc(size, createHash('sha512').update(`${seed} of ${size}`).digest());
}

export const md5Of = (bytes: Buffer): string => createHash('md5').update(bytes).digest('hex');
