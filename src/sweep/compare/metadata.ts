import type { HeaderFields } from '../../s3/message.js';
import { metadataHeaders } from '../../shadow/copying/source-object.js';

/** What S3 tells of an object that was written without (AWS, PutObject). */
const DEFAULT_TYPE = 'binary/octet-stream';

/** A target may have none: then the loss is recorded with the copy. */
const REDIRECT = 'x-amz-website-redirect-location';

/** The names of the metadata that an object and its copy have to share and do not; the provenance of the copy is none. */
export function differingMetadata(source: HeaderFields, target: HeaderFields): string[] {
  const [one, other] = [comparable(source), comparable(target)];
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].filter((name) => one[name] !== other[name]).sort();
}

function comparable(headers: HeaderFields): HeaderFields {
  const { [REDIRECT]: _, ...kept } = metadataHeaders({ headers });
  return { 'content-type': DEFAULT_TYPE, ...kept };
}
