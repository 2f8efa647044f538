import type { OpenElement, XmlElement } from './element.js';

export interface ScanLimits {
  readonly maxDepth: number;
  readonly maxElements: number;
}

/** The start tag of a plain element: a name without a prefix, and no attribute but a namespace. */
const START_TAG = /^([A-Za-z_][A-Za-z0-9_.-]*)(?: xmlns="[^"<>&]*")?(\/?)$/;
const DECLARATION = /^<\?xml [^<>]*\?>/;
const REFERENCES = /&(?:(lt|gt|amp|quot|apos);)?/g;
const CHARACTERS: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/**
 * Reads a document as stores write them, of plain elements and text, by searching for the brackets: a quarter of what a parser takes for a page of a listing. Undefined
 * for any other, well-formed or not, which a parser has to judge: comments, sections, attributes, references by number, carriage returns.
 */
export function scanXml(xml: string, { maxDepth, maxElements }: ScanLimits): XmlElement | undefined {
  const top: OpenElement = { name: '', text: '', children: [] };
  const open = [top];
  let current = top;
  let elements = 0;
  let at = DECLARATION.exec(xml)?.[0].length ?? 0;
  for (;;) {
    const bracket = xml.indexOf('<', at);
    const text = plainText(xml.slice(at, bracket < 0 ? xml.length : bracket));
    if (text === undefined) return undefined;
    current.text += text;
    if (bracket < 0) return onlyChild(top, open.length);
    const end = xml.indexOf('>', bracket);
    if (end < 0) return undefined;
    at = end + 1;
    if (xml[bracket + 1] === '/') {
      if (current === top || xml.slice(bracket + 2, end) !== current.name) return undefined;
      open.pop();
      current = open.at(-1) ?? top;
      continue;
    }
    const [, name, isEmpty] = START_TAG.exec(xml.slice(bracket + 1, end)) ?? [];
    elements += 1;
    if (name === undefined || open.length > maxDepth || elements > maxElements) return undefined;
    const element: OpenElement = { name, text: '', children: [] };
    current.children.push(element);
    if (isEmpty) continue;
    open.push(element);
    current = element;
  }
}

/** Undefined where it is more than characters and references by name. */
function plainText(raw: string): string | undefined {
  if (raw.includes('\r') || raw.includes(']]>')) return undefined;
  if (!raw.includes('&')) return raw;
  let isPlain = true;
  const text = raw.replace(REFERENCES, (_, name?: string) => {
    if (name === undefined) isPlain = false;
    return CHARACTERS[name ?? ''] ?? '';
  });
  return isPlain ? text : undefined;
}

function onlyChild({ text, children }: OpenElement, depth: number): XmlElement | undefined {
  return depth === 1 && children.length === 1 && text.trim() === '' ? children[0] : undefined;
}
