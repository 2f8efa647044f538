import { present } from '../present.js';
import type { XmlElement, XmlSource } from './reader.js';
import { child, children, isTrue, malformedXml, readRoot, requiredText, textOf } from './reader.js';
import { document, element, parent } from './writer.js';

/** The most objects that one DeleteObjects can name. */
export const MAX_DELETE_OBJECTS = 1000;

export interface ObjectToDelete {
  readonly key: string;
  readonly versionId?: string;
  /** Deletes only the object with this ETag. */
  readonly etag?: string;
}

export interface DeleteRequest {
  readonly objects: readonly ObjectToDelete[];
  /** The answer names the failures only. */
  readonly quiet: boolean;
}

/** The body of DeleteObjects. Throws MalformedXML, also for none and for more than 1,000 objects, as S3 does. */
export function readDelete(source: XmlSource): DeleteRequest {
  const root = readRoot(source, 'Delete');
  const objects = children(root, 'Object').map(readObject);
  if (objects.length === 0 || objects.length > MAX_DELETE_OBJECTS) {
    throw malformedXml(`${objects.length} objects to delete`);
  }
  return { objects, quiet: isTrue(root, 'Quiet') };
}

function readObject(xml: XmlElement): ObjectToDelete {
  const key = requiredText(xml, 'Key');
  if (key === '') throw malformedXml('an empty key');
  return present<ObjectToDelete>({ key, versionId: textOf(xml, 'VersionId'), etag: textOf(xml, 'ETag') });
}

export function writeDelete({ objects, quiet }: DeleteRequest): string {
  const content = objects.map(({ key, versionId, etag }) =>
    parent('Object', element('Key', key) + element('VersionId', versionId) + element('ETag', etag)),
  );
  return document('Delete', content.join('') + element('Quiet', quiet));
}

export interface DeletedObject {
  readonly key: string;
  readonly versionId?: string;
  /** A delete marker was made, or was what got deleted. */
  readonly deleteMarker?: boolean;
  readonly deleteMarkerVersionId?: string;
}

export interface DeleteFailure {
  readonly key: string;
  readonly versionId?: string;
  readonly code: string;
  readonly message: string;
}

export interface DeleteResult {
  readonly deleted: readonly DeletedObject[];
  readonly errors: readonly DeleteFailure[];
}

export function writeDeleteResult({ deleted, errors }: DeleteResult, quiet: boolean): string {
  const successes = quiet ? [] : deleted.map(writeDeleted);
  return document('DeleteResult', [...successes, ...errors.map(writeFailure)].join(''));
}

function writeDeleted(deleted: DeletedObject): string {
  const content =
    element('Key', deleted.key) +
    element('VersionId', deleted.versionId) +
    element('DeleteMarker', deleted.deleteMarker) +
    element('DeleteMarkerVersionId', deleted.deleteMarkerVersionId);
  return parent('Deleted', content);
}

function writeFailure({ key, versionId, code, message }: DeleteFailure): string {
  const content =
    element('Key', key) +
    element('VersionId', versionId) +
    element('Code', code) +
    element('Message', message);
  return parent('Error', content);
}

/** What a store said of each object. Throws MalformedXML. */
export function readDeleteResult(source: XmlSource): DeleteResult {
  const root = readRoot(source, 'DeleteResult');
  return {
    deleted: children(root, 'Deleted').map(readDeleted),
    errors: children(root, 'Error').map(readFailure),
  };
}

function readDeleted(xml: XmlElement): DeletedObject {
  return present<DeletedObject>({
    key: requiredText(xml, 'Key'),
    versionId: textOf(xml, 'VersionId'),
    deleteMarker: child(xml, 'DeleteMarker') && isTrue(xml, 'DeleteMarker'),
    deleteMarkerVersionId: textOf(xml, 'DeleteMarkerVersionId'),
  });
}

function readFailure(xml: XmlElement): DeleteFailure {
  return present<DeleteFailure>({
    key: requiredText(xml, 'Key'),
    versionId: textOf(xml, 'VersionId'),
    code: requiredText(xml, 'Code'),
    message: textOf(xml, 'Message') ?? '',
  });
}
