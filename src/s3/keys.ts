import type { QueryParameter } from './message.js';

/** The longest key in bytes of UTF-8 (AWS, "Naming Amazon S3 objects"). */
export const MAX_KEY_BYTES = 1024;

/** Whether an object can have this name. */
export const isKey = (name: string): boolean => name !== '' && hasKeyLength(name);

/** Whether a name is short enough for a key; a UTF-16 unit is at most three bytes of UTF-8. */
export const hasKeyLength = (name: string): boolean =>
  name.length * 3 <= MAX_KEY_BYTES || Buffer.byteLength(name) <= MAX_KEY_BYTES;

const LAST_CODE_POINT = 0x10ffff;
const UNRESERVED_OR_SLASH = /^[A-Za-z0-9\-._~/]*$/;

/**
 * Compares two strings in the order of their UTF-8 bytes, the order of S3 listings: negative, 0 or positive.
 * JavaScript's `<` compares UTF-16 units instead, which puts an emoji before U+FFFD.
 */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const unitA = a.charCodeAt(i);
    const unitB = b.charCodeAt(i);
    if (unitA !== unitB) return codePointRank(unitA) - codePointRank(unitB);
  }
  return a.length - b.length;
}

/** UTF-8 order is code point order: surrogates stand for U+10000 and above, so they rank after U+E000 to U+FFFF. */
function codePointRank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/**
 * The smallest string that sorts after every string with this prefix; undefined when there is none, as for the
 * empty prefix.
 */
export function afterPrefix(prefix: string): string | undefined {
  const points = [...prefix];
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    const point = last.codePointAt(0) ?? 0;
    if (point < LAST_CODE_POINT) return points.join('') + String.fromCodePoint(nextCodePoint(point));
  }
  return undefined;
}

/** A string that sorts before `key`, with few others in between, no longer than a key may be. */
export function nameBefore(key: string): string {
  const points = [...key];
  const last = points.pop()?.codePointAt(0) ?? 0;
  const rest = points.join('');
  if (last === 0) return rest;
  const name = rest + String.fromCodePoint(last === 0xe000 ? 0xd7ff : last - 1);
  const latest = name + String.fromCodePoint(LAST_CODE_POINT);
  return hasKeyLength(latest) ? latest : name;
}

/** Surrogates are no characters of their own, so U+E000 follows U+D7FF. */
function nextCodePoint(point: number): number {
  return point === 0xd7ff ? 0xe000 : point + 1;
}

/**
 * What a listing shows in place of a key that begins with `prefix`: all up to the first delimiter after the prefix (AWS, ListObjectsV2);
 * undefined where the key itself is listed.
 */
export function commonPrefixOf(key: string, prefix: string, delimiter: string): string | undefined {
  const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}

/**
 * Percent-encodes a key for a path: all but the unreserved characters of RFC 3986 and `/`. This is also the path's
 * form in a SigV4 canonical request (AWS, "Create a signed AWS API request").
 */
export function encodeKey(key: string): string {
  return UNRESERVED_OR_SLASH.test(key) ? key : encodeComponent(key).replaceAll('%2F', '/');
}

/** Percent-encodes a query in the order given; a parameter without a value is `name=`. */
export function encodeQuery(query: readonly QueryParameter[]): string {
  return query.map(([name, value]) => `${encodeComponent(name)}=${encodeComponent(value)}`).join('&');
}

/** Percent-encodes all but the unreserved characters of RFC 3986, 2.3; `encodeURIComponent` leaves `!'()*` as well. */
export function encodeComponent(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
