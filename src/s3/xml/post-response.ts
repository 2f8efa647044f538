import { element, parent, XML_DECLARATION } from './writer.js';

export interface PostResult {
  /** URL of the object. */
  readonly location: string;
  readonly bucket: string;
  readonly key: string;
  /** With its quotes. */
  readonly etag: string;
}

/** What PostObject answers with status 201. AWS gives it no namespace. */
export function writePostResponse({ location, bucket, key, etag }: PostResult): string {
  const content =
    element('Location', location) + element('Bucket', bucket) + element('Key', key) + element('ETag', etag);
  return XML_DECLARATION + parent('PostResponse', content);
}
