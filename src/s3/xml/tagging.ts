import { parseQuery } from '../address.js';
import { S3Error } from '../errors.js';
import { invalidArgument } from '../invalid-argument.js';
import { encodeQuery } from '../keys.js';
import { child, children, malformedXml, readRoot, requiredText, type XmlSource } from './reader.js';
import { document, element, parent } from './writer.js';

export type Tag = readonly [key: string, value: string];

// AWS, "Categorizing your objects using tags": lengths are in Unicode characters.
const MAX_TAGS = 10;
const MAX_KEY_LENGTH = 128;
const MAX_VALUE_LENGTH = 256;

export function writeTagging(tags: readonly Tag[]): string {
  const set = tags.map(([key, value]) => parent('Tag', element('Key', key) + element('Value', value)));
  return document('Tagging', parent('TagSet', set.join('')));
}

/** The tags of an object. Throws MalformedXML, BadRequest (more than 10), InvalidTag (lengths, a key twice). */
export function readTagging(source: XmlSource): Tag[] {
  const set = child(readRoot(source, 'Tagging'), 'TagSet');
  if (!set) throw malformedXml('Tagging has no TagSet');
  const tags = children(set, 'Tag').map((tag): Tag => [requiredText(tag, 'Key'), requiredText(tag, 'Value')]);
  assertTags(tags);
  return tags;
}

/** The tags of an x-amz-tagging header, `key=value&...`. Throws InvalidArgument, BadRequest, InvalidTag. */
export function parseTaggingHeader(value: string): Tag[] {
  const tags = parseForm(value);
  assertTags(tags);
  return tags;
}

function parseForm(value: string): Tag[] {
  try {
    return parseQuery(value);
  } catch (cause) {
    const message =
      "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.";
    throw invalidArgument('x-amz-tagging', value, message, cause);
  }
}

export function formatTaggingHeader(tags: readonly Tag[]): string {
  return encodeQuery(tags);
}

function assertTags(tags: readonly Tag[]): void {
  if (tags.length > MAX_TAGS) {
    throw new S3Error('BadRequest', `Object tags cannot be greater than ${MAX_TAGS}`);
  }
  for (const tag of tags) assertTag(tag);
  const keys = new Set(tags.map(([key]) => key));
  if (keys.size < tags.length)
    throw new S3Error('InvalidTag', 'Cannot provide multiple Tags with the same key');
}

function assertTag([key, value]: Tag): void {
  if (key === '' || [...key].length > MAX_KEY_LENGTH) {
    throw new S3Error('InvalidTag', 'The TagKey you have provided is invalid', { fields: { TagKey: key } });
  }
  if ([...value].length > MAX_VALUE_LENGTH) {
    throw new S3Error('InvalidTag', 'The TagValue you have provided is invalid', {
      fields: { TagValue: value },
    });
  }
}
