import { escapeXml } from './escape.js';

/**
 * A document with the texts of some elements changed and all else as it came. `change` is given a text as it stands, escaped where
 * it has to be; a name or an id that S3 makes has nothing to escape.
 */
export function mapTexts(xml: string, names: readonly string[], change: (text: string) => string): string {
  const elements = new RegExp(`(<(?:${names.join('|')})>)([^<]*)`, 'g');
  return xml.replace(elements, (whole, opened: string, text: string) => {
    const changed = change(text);
    return changed === text ? whole : opened + escapeXml(changed);
  });
}
