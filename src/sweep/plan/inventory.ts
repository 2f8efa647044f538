import { pipeline, Readable } from 'node:stream';
import { z } from 'zod';
import { isKey, MAX_KEY_BYTES } from '../../s3/keys.js';
import type { ManifestEntry } from './manifest.js';
import { ManifestError } from './manifest-error.js';

/** What manifest.json of S3 Inventory tells (AWS, "Locating your inventory list"). */
export interface InventoryManifest {
  readonly sourceBucket: string;
  /** What the columns of the files are, in their order. */
  readonly columns: readonly string[];
  /** The data files, by their keys in the bucket that the inventory is written to. */
  readonly files: readonly { readonly key: string; readonly size: number; readonly MD5checksum: string }[];
}

const manifestSchema = z.object({
  sourceBucket: z.string(),
  fileFormat: z.literal('CSV'),
  fileSchema: z.string(),
  files: z.array(z.object({ key: z.string(), size: z.number(), MD5checksum: z.string() })),
});

/** @throws ManifestError */
export function parseInventoryManifest(json: string): InventoryManifest {
  const parsed = manifestSchema.safeParse(parseJson(json));
  if (!parsed.success) throw new ManifestError(`manifest.json: ${z.prettifyError(parsed.error)}`);
  const { sourceBucket, fileSchema, files } = parsed.data;
  return { sourceBucket, columns: fileSchema.split(',').map((column) => column.trim()), files };
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new ManifestError('manifest.json is not JSON', { cause });
  }
}

/** A key with each byte escaped, and room for all the other columns. */
const MAX_RECORD = 16 * 1024;

/**
 * The objects of a data file: the latest versions that are no delete markers. Files have no header, and keys are URL-encoded (AWS, "Amazon S3
 * Inventory list").
 *
 * @throws ManifestError, and what `bytes` fails with
 */
export async function* inventoryRows(
  bytes: AsyncIterable<Buffer>,
  columns: readonly string[],
): AsyncGenerator<ManifestEntry> {
  if (!columns.includes('Key'))
    throw new ManifestError(`the columns of an inventory are to have Key among them: ${columns.join(', ')}`);
  // Every command of the CLI would load it otherwise.
  const { CsvError, parse } = await import('csv-parse');
  const parser = parse({ columns: [...columns], info: true, bom: true, max_record_size: MAX_RECORD });
  // The reader of the last stream is told of every error.
  const records = pipeline(Readable.from(bytes), parser, () => undefined);
  try {
    for await (const { info, record } of records as AsyncIterable<InfoRecord>) {
      if (record.IsLatest === 'false' || record.IsDeleteMarker === 'true') continue;
      yield entryOf(record, info.lines);
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw ManifestError.at(
      Number(error.lines ?? 1),
      `not a row of ${columns.length} columns: ${error.message}`,
      error,
    );
  }
}

interface InfoRecord {
  readonly info: { readonly lines: number };
  readonly record: Readonly<Record<string, string | undefined>>;
}

function entryOf(record: InfoRecord['record'], line: number): ManifestEntry {
  const { Size: size, ETag: etag } = record;
  return {
    key: keyOf(record.Key ?? '', line),
    ...(size && { size: sizeOf(size, line) }),
    ...(etag && { etag: `"${etag.replaceAll('"', '')}"` }),
  };
}

/** A space is `+` or `%20`. */
function keyOf(encoded: string, line: number): string {
  let key: string;
  try {
    key = decodeURIComponent(encoded.replaceAll('+', ' '));
  } catch (cause) {
    throw ManifestError.at(line, `Key "${encoded}" is not URL-encoded UTF-8`, cause);
  }
  if (!isKey(key)) throw ManifestError.at(line, `Key "${encoded}" is not 1 to ${MAX_KEY_BYTES} bytes long`);
  return key;
}

function sizeOf(text: string, line: number): number {
  const size = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(size)) return size;
  throw ManifestError.at(line, `Size "${text}" is not a number of bytes`);
}
