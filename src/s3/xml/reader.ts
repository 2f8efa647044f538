import { SaxesParser } from 'saxes';
import { S3Error } from '../errors.js';
import type { OpenElement, XmlElement } from './element.js';
import { scanXml } from './scan.js';

export type { XmlElement } from './element.js';

/** An XML document. Bytes have to be UTF-8: a broken one would change a key without a word. */
export type XmlSource = string | Buffer;

const LIMITS = {
  maxDepth: 32,
  /** A list of 10,000 parts with all that S3 tells of each stays below. */
  maxElements: 200_000,
};

/**
 * Reads a document and gives its root. Unlike XML 1.0 it takes any character, raw or as a reference, for keys have
 * them and stores answer them. XML 1.1 would take them too, but turns U+0085 and U+2028 into newlines.
 *
 * Throws MalformedXML: not well-formed, not UTF-8, a document type, too deep or too many elements. The caller bounds
 * the size.
 */
export function readXml(source: XmlSource): XmlElement {
  const xml = decodeText(source);
  return scanXml(xml, LIMITS) ?? parseXml(xml);
}

/** As readXml; another root than this one is MalformedXML. */
export const readRoot = (source: XmlSource, name: string): XmlElement => named(readXml(source), name);

/** An element that has to be called so; throws MalformedXML. */
export function named(root: XmlElement, name: string): XmlElement {
  return root.name === name ? root : refuse(`the root is ${root.name}, not ${name}`);
}

function parseXml(xml: string): XmlElement {
  const top: OpenElement = { name: '', text: '', children: [] };
  const open = [top];
  let elements = 0;
  let current = top;
  const parser = new SaxesParser({ position: false });
  parser.on('error', refuseUnlessCharacter);
  parser.on('doctype', () => refuse('document types are not allowed'));
  parser.on('opentag', (tag) => {
    if (open.length > LIMITS.maxDepth || ++elements > LIMITS.maxElements) refuse('too many elements');
    const child: OpenElement = { name: localName(tag.name), text: '', children: [] };
    current.children.push(child);
    open.push(child);
    current = child;
  });
  parser.on('closetag', () => {
    open.pop();
    current = open.at(-1) ?? top;
  });
  const addText = (text: string) => {
    current.text += text;
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.write(withRawControls(xml)).close();
  return top.children[0] ?? refuse('no root');
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

/** saxes goes on after a character that XML 1.0 does not allow, with that character in its place. */
function refuseUnlessCharacter(error: Error): void {
  if (!error.message.endsWith('disallowed character.')) throw malformedXml(error.message, error);
}

function refuse(reason: string): never {
  throw malformedXml(reason);
}

// A section that does not end matches up to the end of the text, so that many of them take no quadratic time.
const CDATA_OR_REFERENCE = /<!\[CDATA\[[\s\S]*?(?:\]\]>|$)|&#(?:x([0-9a-f]{1,8})|(\d{1,8}));/gi;

/** Puts raw characters in the place of references that XML 1.0 refuses, such as `&#x1;`. */
function withRawControls(xml: string): string {
  if (!xml.includes('&#')) return xml;
  return xml.replace(CDATA_OR_REFERENCE, (match, hex?: string, decimal?: string) => {
    const point = hex ? Number.parseInt(hex, 16) : Number(decimal);
    return isRefusedByXml(point) ? String.fromCharCode(point) : match;
  });
}

function isRefusedByXml(point: number): boolean {
  if (point < 0x20) return point !== 0x9 && point !== 0xa && point !== 0xd;
  return point === 0xfffe || point === 0xffff;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The text of a document, without white space before it. Throws MalformedXML for bytes that are not UTF-8. */
export function decodeText(source: XmlSource): string {
  if (typeof source === 'string') return source.trimStart();
  try {
    return utf8.decode(source).trimStart();
  } catch (cause) {
    throw malformedXml('not UTF-8', cause);
  }
}

/** The error for a document that is not what S3 wants; `reason` stays inside. */
export function malformedXml(reason: string, cause?: unknown): S3Error {
  return new S3Error('MalformedXML', undefined, { cause: cause ?? new Error(reason) });
}

/** The first child with this name. */
export function child(element: XmlElement, name: string): XmlElement | undefined {
  for (const candidate of element.children) if (candidate.name === name) return candidate;
  return undefined;
}

/** All children with this name, in order. */
export function children(element: XmlElement, name: string): XmlElement[] {
  return element.children.filter((candidate) => candidate.name === name);
}

/** The text of the first child with this name. */
export function textOf(element: XmlElement, name: string): string | undefined {
  return child(element, name)?.text;
}

/** Whether the first child with this name says `true`. */
export function isTrue(element: XmlElement, name: string): boolean {
  return textOf(element, name)?.trim() === 'true';
}

/** The text of a child that has to be there; throws MalformedXML. */
export function requiredText(element: XmlElement, name: string): string {
  return textOf(element, name) ?? refuse(`${element.name} has no ${name}`);
}

/** A child that has to be a whole number from 0 on; throws MalformedXML. */
export function requiredCount(element: XmlElement, name: string): number {
  const text = requiredText(element, name).trim();
  const count = Number(text);
  return /^\d+$/.test(text) && Number.isSafeInteger(count) ? count : refuse(`${name} is not a number`);
}

const CANONICAL_TIME = /^\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-6]\d\.\d{3}Z$/;

/** A child that has to be a time, as ISO 8601 in UTC with milliseconds; throws MalformedXML. */
export function requiredTime(element: XmlElement, name: string): string {
  const text = requiredText(element, name);
  if (CANONICAL_TIME.test(text)) return text;
  const time = Date.parse(text);
  return Number.isNaN(time) ? refuse(`${name} is not a time`) : new Date(time).toISOString();
}
