import { compareKeys } from '../keys.js';
import { escapeXml } from './escape.js';
import { readXml, textOf, type XmlElement } from './reader.js';
import { nameDecoder } from './url-encoding.js';

const NEXT_TOKEN = 'NextContinuationToken';

/** A store's own continuation tokens changed into those that a client is to have. */
export interface TokenChanges {
  /** What the client asked for; undefined when it asked for the beginning. */
  readonly asked: string | undefined;
  /** @param last the last name of the page, key or common prefix; undefined when it has none */
  next(token: string, last: string | undefined): string;
}

/**
 * A store's answer to ListObjectsV2 with other tokens and all else as it came: the document is searched, not parsed, for it has 1,000 entries and
 * what matters stands at their end.
 *
 * @throws S3Error MalformedXML
 */
export function withTokens(xml: string, { asked, next }: TokenChanges): string {
  const token = lastElement(xml, NEXT_TOKEN)?.text;
  const told = asked === undefined ? xml : withText(xml, 'ContinuationToken', asked);
  return token ? withText(told, NEXT_TOKEN, next(token, lastName(xml))) : told;
}

function withText(xml: string, name: string, text: string): string {
  const opened = `<${name}>`;
  const start = xml.lastIndexOf(opened);
  if (start < 0) return xml;
  const textAt = start + opened.length;
  return xml.slice(0, textAt) + escapeXml(text) + xml.slice(xml.indexOf('<', textAt));
}

/** Keys and common prefixes are each in order; which come first differs between stores. */
function lastName(xml: string): string | undefined {
  const decode = nameDecoder(lastElement(xml, 'EncodingType')?.text);
  const prefixes = lastElement(xml, 'CommonPrefixes');
  const names = [lastElement(xml, 'Key')?.text, prefixes && textOf(prefixes, 'Prefix')];
  const found = names.flatMap((name) => (name === undefined ? [] : decode(name)));
  return found.sort(compareKeys).at(-1);
}

/** A `<` inside of a text is always escaped. */
function lastElement(xml: string, name: string): XmlElement | undefined {
  const [opened, closed] = [`<${name}>`, `</${name}>`];
  const start = xml.lastIndexOf(opened);
  if (start < 0) return undefined;
  return readXml(xml.slice(start, xml.indexOf(closed, start) + closed.length));
}
