import { textOf, type XmlElement } from './reader.js';
import { element, parent } from './writer.js';

export interface Owner {
  readonly id: string;
  readonly displayName?: string;
}

/** An owner or initiator; nothing when there is none. */
export function writeOwner(owner: Owner | undefined, name: 'Owner' | 'Initiator' = 'Owner'): string {
  if (!owner) return '';
  return parent(name, element('ID', owner.id) + element('DisplayName', owner.displayName));
}

export function readOwner(xml: XmlElement | undefined): Owner | undefined {
  if (!xml) return undefined;
  const displayName = textOf(xml, 'DisplayName');
  return { id: textOf(xml, 'ID') ?? '', ...(displayName && { displayName }) };
}
