import type { XmlElement } from './element.js';
import type { ListedObject } from './listed-object.js';
import { scanXml } from './scan.js';

const TEXT = '([^<&\\r\\]]*)';
const OWNER = `(?:<Owner><ID>${TEXT}</ID><DisplayName>${TEXT}</DisplayName></Owner>)?`;

/** An object as stores write it: AWS and this gateway with the owner before the storage class, Ceph RGW after it. Its key may be encoded. */
const OBJECT = new RegExp(
  [
    `<Contents><Key>${TEXT}</Key>`,
    '<LastModified>(\\d{4}-[01]\\d-[0-3]\\dT[0-2]\\d:[0-5]\\d:[0-6]\\d\\.\\d{3}Z)</LastModified>',
    '<ETag>(?:&quot;|&#34;|")([0-9a-f-]+)(?:&quot;|&#34;|")</ETag>',
    '(?:<ChecksumAlgorithm>([A-Z0-9]+)</ChecksumAlgorithm>)?(?:<ChecksumType>([A-Z_]+)</ChecksumType>)?',
    '<Size>(\\d{1,15})</Size>',
    `${OWNER}(?:<StorageClass>([A-Z0-9_-]+)</StorageClass>)?${OWNER}(?:<Type>Normal</Type>)?</Contents>`,
  ].join(''),
  'y',
);

const OPENED = '<Contents>';
/** Stands for them in the rest of the document. */
const OBJECTS = 'PlainObjects';
const LIMITS = { maxDepth: 4, maxElements: 10_000 };

export interface PlainListing {
  /** The document without its objects, but for one empty element. */
  readonly root: XmlElement;
  readonly objects: ListedObject[];
}

/**
 * The objects of a page, read as one pattern after the other: a third of the time and of the garbage that a tree of elements takes. Undefined for a
 * document that is not written in this way, which is for `readXml` to judge.
 */
export function readPlainObjects(
  xml: string,
  decoderOf: (root: XmlElement) => (key: string) => string,
): PlainListing | undefined {
  const start = xml.indexOf(OPENED);
  if (start < 0) return undefined;
  OBJECT.lastIndex = start;
  const found: RegExpExecArray[] = [];
  let end = start;
  for (let object = OBJECT.exec(xml); object; object = OBJECT.exec(xml)) {
    found.push(object);
    end = OBJECT.lastIndex;
  }
  const root = scanXml(`${xml.slice(0, start)}<${OBJECTS}/>${xml.slice(end)}`, LIMITS);
  // All of them, and where objects are to be: in no other element, comment or section.
  const others = root?.children.filter(({ name }) => name === 'Contents' || name === OBJECTS);
  if (!root || others?.length !== 1 || others[0]?.name !== OBJECTS) return undefined;
  const decode = decoderOf(root);
  return { root, objects: found.map((object) => objectOf(object, decode)) };
}

function objectOf(
  [, key = '', lastModified = '', etag, algorithm, checksumType, size, ...rest]: RegExpExecArray,
  decode: (key: string) => string,
): ListedObject {
  const [ownerId, ownerName, storageClass, idAfter, nameAfter] = rest;
  const id = ownerId ?? idAfter;
  const displayName = ownerName ?? nameAfter;
  return {
    key: decode(key),
    lastModified,
    etag: `"${etag}"`,
    size: Number(size),
    ...(storageClass !== undefined && { storageClass }),
    ...(id !== undefined && { owner: displayName ? { id, displayName } : { id } }),
    ...(algorithm !== undefined && { checksumAlgorithm: [algorithm] }),
    ...(checksumType !== undefined && { checksumType }),
  };
}
