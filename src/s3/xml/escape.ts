// Control characters are written as references: XML 1.0 cannot carry most of them, and its parsers turn a raw CR, and
// those of XML 1.1 a raw U+0085 or U+2028, into a newline.
const SPECIAL = /[&<>"'\p{Cc}\u2028\ufffe\uffff]/gu;

const NAMED: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/**
 * Text as the content of an XML element. Characters that XML cannot carry become numeric references (`&#x1;`), as
 * S3 answers them unless asked for `encoding-type=url`.
 */
export function escapeXml(text: string): string {
  return text.replace(SPECIAL, (character) => NAMED[character] ?? reference(character));
}

function reference(character: string): string {
  return `&#x${character.charCodeAt(0).toString(16).toUpperCase()};`;
}
