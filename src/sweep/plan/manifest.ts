import type { Readable } from 'node:stream';
import { isKey, MAX_KEY_BYTES } from '../../s3/keys.js';
import { inventoryRows } from './inventory.js';
import { ManifestError } from './manifest-error.js';
import { unpacked } from './unpacked.js';

/** An object that somebody else has listed. */
export interface ManifestEntry {
  readonly key: string;
  /** Bytes. */
  readonly size?: number;
  /** With its quotes. */
  readonly etag?: string;
}

/** One key per line, as it is; or a data file of S3 Inventory, whose columns its manifest.json names. */
export type ManifestFormat = 'keys' | { readonly columns: readonly string[] };

/**
 * The objects of a manifest, in its order. The bytes may be packed by gzip, and are destroyed when the reader stops early.
 *
 * @throws ManifestError, and what `bytes` fails with
 */
export async function* readManifest(
  bytes: Readable,
  { format }: { format: ManifestFormat },
): AsyncGenerator<ManifestEntry> {
  const plain = unpacked(bytes);
  yield* format === 'keys' ? listedKeys(plain) : inventoryRows(plain, format.columns);
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

async function* listedKeys(bytes: AsyncIterable<Buffer>): AsyncGenerator<ManifestEntry> {
  let number = 0;
  for await (const line of linesOf(bytes)) {
    number += 1;
    const ended = line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
    const key = textOf(ended, number);
    if (key === '') continue;
    if (!isKey(key)) throw ManifestError.at(number, `the key has more than ${MAX_KEY_BYTES} bytes`);
    yield { key };
  }
}

/** A line has room for a key, a byte order mark and a carriage return. */
const MAX_LINE = MAX_KEY_BYTES + 4;

async function* linesOf(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  let lines = 0;
  for await (const chunk of bytes) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = rest.indexOf(LINE_FEED); end >= 0; end = rest.indexOf(LINE_FEED, start)) {
      lines += 1;
      yield rest.subarray(start, end);
      start = end + 1;
    }
    rest = rest.subarray(start);
    if (rest.length > MAX_LINE) throw ManifestError.at(lines + 1, `longer than ${MAX_LINE} bytes`);
  }
  if (rest.length > 0) yield rest;
}

function textOf(line: Buffer, number: number): string {
  try {
    return UTF8.decode(line);
  } catch (cause) {
    throw ManifestError.at(number, 'the key is not UTF-8', cause);
  }
}
