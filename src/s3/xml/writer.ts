import { escapeXml } from './escape.js';

export const XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** A whole document in the namespace of S3; `content` is XML already. */
export function document(root: string, content: string): string {
  return `${XML_DECLARATION}<${root} xmlns="${NAMESPACE}">${content}</${root}>`;
}

/** An element with text, or no element when there is no text to give. */
export function element(name: string, text: string | number | boolean | undefined): string {
  return text === undefined ? '' : `<${name}>${escapeXml(String(text))}</${name}>`;
}

/** An element with other elements in it; `content` is XML already. */
export function parent(name: string, content: string): string {
  return `<${name}>${content}</${name}>`;
}
