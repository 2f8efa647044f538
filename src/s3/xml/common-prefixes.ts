import { children, requiredText, type XmlElement } from './reader.js';
import { element, parent } from './writer.js';

/** The prefixes that a delimiter rolled up; `encode` gives names the form the listing was asked for. */
export function writeCommonPrefixes(prefixes: readonly string[], encode: (name: string) => string): string {
  return prefixes.map((prefix) => parent('CommonPrefixes', element('Prefix', encode(prefix)))).join('');
}

/** Throws MalformedXML. */
export function readCommonPrefixes(root: XmlElement, decode: (name: string) => string): string[] {
  return children(root, 'CommonPrefixes').map((prefix) => decode(requiredText(prefix, 'Prefix')));
}
