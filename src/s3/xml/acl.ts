import { child, children, readRoot, requiredText, textOf, type XmlSource } from './reader.js';

/** Who has a grant, in the words of an x-amz-grant-* header (AWS, "Access control list overview"). */
export interface Grantee {
  readonly by: 'id' | 'uri' | 'emailAddress';
  readonly value: string;
}

export interface Grant {
  readonly grantee: Grantee;
  readonly permission: string;
}

export interface Acl {
  /** The canonical user id of the owner; '' where the store tells none. */
  readonly owner: string;
  readonly grants: readonly Grant[];
}

const GRANTEE_ELEMENTS = [
  ['ID', 'id'],
  ['URI', 'uri'],
  ['EmailAddress', 'emailAddress'],
] as const;

/** The answer to GetObjectAcl or GetBucketAcl. Throws MalformedXML. */
export function readAcl(source: XmlSource): Acl {
  const root = readRoot(source, 'AccessControlPolicy');
  const owner = child(root, 'Owner');
  const list = child(root, 'AccessControlList');
  const grants = (list ? children(list, 'Grant') : []).flatMap((grant) => {
    const permission = requiredText(grant, 'Permission');
    const named = child(grant, 'Grantee');
    return GRANTEE_ELEMENTS.flatMap(([name, by]) => {
      const value = named && textOf(named, name);
      return value ? [{ grantee: { by, value }, permission }] : [];
    }).slice(0, 1);
  });
  return { owner: (owner && textOf(owner, 'ID')) ?? '', grants };
}
