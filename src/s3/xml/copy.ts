import { present } from '../present.js';
import { type Checksums, readChecksums, writeChecksums } from './checksums.js';
import { errorOf, type ReportedError } from './error.js';
import { malformedXml, readXml, requiredText, requiredTime, type XmlSource } from './reader.js';
import { document, element } from './writer.js';

export interface CopyResult {
  /** With its quotes; some stores leave them out. */
  readonly etag: string;
  /** ISO 8601 with milliseconds. */
  readonly lastModified: string;
  readonly checksums?: Checksums;
}

type CopyElement = 'CopyObjectResult' | 'CopyPartResult';

/** The answer to CopyObject or UploadPartCopy. */
export function writeCopyResult(result: CopyResult, name: CopyElement): string {
  const content =
    element('LastModified', result.lastModified) +
    element('ETag', result.etag) +
    writeChecksums(result.checksums);
  return document(name, content);
}

/** What a store said of a copy, of an object or a part: it can answer 200 and an error. Throws MalformedXML. */
export function readCopyResult(source: XmlSource): CopyResult | { error: ReportedError } {
  const root = readXml(source);
  const error = errorOf(root);
  if (error) return { error };
  if (!/^Copy(?:Object|Part)Result$/.test(root.name)) throw malformedXml(`the root is ${root.name}`);
  return present<CopyResult>({
    etag: requiredText(root, 'ETag'),
    lastModified: requiredTime(root, 'LastModified'),
    checksums: readChecksums(root),
  });
}
