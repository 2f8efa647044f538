import { CHECKSUM_HEADERS } from '../../s3/checksums.js';
import type { HeaderFields } from '../../s3/message.js';
import type { CompletedPart } from '../../s3/xml/multipart.js';
import type { Loss } from './loss.js';
import type { Belonging } from './refusals.js';
import { type SourceChecksum, sourceChecksum } from './source-checksum.js';
import type { SourceObject } from './source-object.js';

/** The checksum that an upload was begun to keep, where the target said that it will. */
export function announcedChecksum(
  object: SourceObject,
  asked: HeaderFields,
  answered: HeaderFields,
): SourceChecksum | undefined {
  const algorithm = asked['x-amz-checksum-algorithm'];
  const isTaken = algorithm !== undefined && answered['x-amz-checksum-algorithm'] === algorithm;
  return isTaken ? sourceChecksum(object) : undefined;
}

/** The checksum that the target has of a part, to be named again when the parts are completed. */
export function keptChecksum(
  answered: HeaderFields,
  checksum: SourceChecksum | undefined,
): Pick<CompletedPart, 'checksums'> {
  if (!checksum) return {};
  const value = answered[CHECKSUM_HEADERS[checksum.algorithm]];
  return value === undefined ? {} : { checksums: { [checksum.algorithm]: value } };
}

/** Lets the target check all the bytes by the source's own checksum, where that is one of all the bytes. */
export const wholeChecksum = (checksum: SourceChecksum | undefined): HeaderFields =>
  checksum?.type === 'FULL_OBJECT'
    ? { [CHECKSUM_HEADERS[checksum.algorithm]]: checksum.value, 'x-amz-checksum-type': checksum.type }
    : {};

/** What of the checksum that the copy was given its parts do not keep. */
export function lostChecksum(
  given: readonly Belonging[],
  { kept, hasSourceParts }: { readonly kept: SourceChecksum | undefined; readonly hasSourceParts: boolean },
): readonly Loss[] {
  if (!given.some(({ what }) => what === 'checksum')) return [];
  if (!kept) return [{ what: 'checksum', reason: 'the target keeps no checksums of parts' }];
  if (kept.type === 'FULL_OBJECT' || hasSourceParts) return [];
  return [{ what: 'checksum', reason: 'made of parts, and the source has others' }];
}
