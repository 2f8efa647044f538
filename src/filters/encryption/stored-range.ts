import type { HeaderFields } from '../../s3/message.js';
import type { ByteRange } from '../../s3/ranges.js';
import { CHUNK, RECORD } from './format.js';

const SINGLE_RANGE = /^bytes=(\d*)-(\d*)$/i;

/**
 * The Range of the records that hold what a Range header asks for; undefined for what is no single range (AWS, GetObject; RFC 9110, 14.2). How long the object is
 * nobody knows yet: a range that counts from its end may begin within a record, which is passed over.
 */
export function storedRange(header: string | undefined): string | undefined {
  const [, first, last] = SINGLE_RANGE.exec(header?.trim() ?? '') ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined;
  if (first === '') return `bytes=-${suffixOf(Number(last))}`;
  if (last !== '' && Number(last) < Number(first)) return undefined;
  const start = Math.floor(Number(first) / CHUNK) * RECORD;
  if (last === '') return `bytes=${asText(start)}-`;
  const end = (Math.floor(Number(last) / CHUNK) + 1) * RECORD - 1;
  return `bytes=${asText(start)}-${asText(end)}`;
}

/** So many bytes at the end of the plaintext are within so many of the stored ones: a record more than whole chunks, for the first and the last are cut. */
const suffixOf = (bytes: number): string =>
  bytes === 0 ? '0' : asText((Math.ceil(bytes / CHUNK) + 1) * RECORD);

/** Longer than any object. */
const MOST = 2 ** 50;

const asText = (position: number): string => String(Math.min(position, MOST));

const CONTENT_RANGE = /^bytes (\d+)-(\d+)\/(\d+)$/;

/** What of a stored object an answer has, and how long that is; undefined where it does not tell. */
export function storedBytes(
  status: number,
  headers: HeaderFields,
): { readonly range: ByteRange; readonly total: number } | undefined {
  const [, start, end, total] = CONTENT_RANGE.exec(headers['content-range'] ?? '')?.map(Number) ?? [];
  if (start !== undefined && end !== undefined && total !== undefined)
    return { range: { start, end }, total };
  const length = Number(headers['content-length']);
  if (status === 206 || !Number.isSafeInteger(length)) return undefined;
  return { range: { start: 0, end: length - 1 }, total: length };
}
