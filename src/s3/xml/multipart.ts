import { invalidArgument } from '../invalid-argument.js';
import { present } from '../present.js';
import { type Checksums, readChecksums, writeChecksums } from './checksums.js';
import { errorOf, type ReportedError } from './error.js';
import {
  children,
  malformedXml,
  readRoot,
  readXml,
  requiredText,
  textOf,
  type XmlElement,
  type XmlSource,
} from './reader.js';
import { document, element, parent } from './writer.js';

/** The highest part number, and so the most parts (AWS, "Amazon S3 multipart upload limits"). */
export const MAX_PARTS = 10_000;

export interface InitiateResult {
  readonly bucket: string;
  readonly key: string;
  readonly uploadId: string;
}

export function writeInitiateResult({ bucket, key, uploadId }: InitiateResult): string {
  const content = element('Bucket', bucket) + element('Key', key) + element('UploadId', uploadId);
  return document('InitiateMultipartUploadResult', content);
}

/** Throws MalformedXML. */
export function readInitiateResult(source: XmlSource): { uploadId: string } {
  return { uploadId: requiredText(readRoot(source, 'InitiateMultipartUploadResult'), 'UploadId') };
}

/** A part as the client names it when it completes an upload. */
export interface CompletedPart {
  readonly partNumber: number;
  /** As it was written, with quotes or without. */
  readonly etag: string;
  readonly checksums?: Checksums;
}

export function writeComplete(parts: readonly CompletedPart[]): string {
  const content = parts.map(({ partNumber, etag, checksums }) =>
    parent('Part', element('PartNumber', partNumber) + element('ETag', etag) + writeChecksums(checksums)),
  );
  return document('CompleteMultipartUpload', content.join(''));
}

/**
 * The parts in the order of the document: 1 to 10,000 of them. Throws MalformedXML, InvalidArgument (a part number out of range).
 * Whether they are in order and exist is for the store to say.
 */
export function readComplete(source: XmlSource): CompletedPart[] {
  const parts = children(readRoot(source, 'CompleteMultipartUpload'), 'Part');
  if (parts.length === 0 || parts.length > MAX_PARTS) throw malformedXml(`${parts.length} parts`);
  return parts.map(readCompletedPart);
}

function readCompletedPart(part: XmlElement): CompletedPart {
  return present<CompletedPart>({
    partNumber: parsePartNumber(requiredText(part, 'PartNumber').trim()),
    etag: requiredText(part, 'ETag'),
    checksums: readChecksums(part),
  });
}

/** A part number as a client writes it, 1 to 10,000. Throws InvalidArgument. */
export function parsePartNumber(text: string): number {
  const partNumber = Number(text);
  if (/^\d+$/.test(text) && partNumber >= 1 && partNumber <= MAX_PARTS) return partNumber;
  const message = `Part number must be an integer between 1 and ${MAX_PARTS}, inclusive`;
  throw invalidArgument('partNumber', text, message);
}

export interface CompleteResult {
  readonly location: string;
  readonly bucket: string;
  readonly key: string;
  /** With its quotes. */
  readonly etag: string;
  readonly checksums?: Checksums;
  readonly checksumType?: string;
}

export function writeCompleteResult(result: CompleteResult): string {
  const content =
    element('Location', result.location) +
    element('Bucket', result.bucket) +
    element('Key', result.key) +
    element('ETag', result.etag) +
    writeChecksums(result.checksums) +
    element('ChecksumType', result.checksumType);
  return document('CompleteMultipartUploadResult', content);
}

/**
 * What a store said of an upload's end. It can answer 200 before it knows, and an error in the body; some stores give
 * an empty ETag. Throws MalformedXML.
 */
export function readCompleteResult(
  source: XmlSource,
): Pick<CompleteResult, 'etag' | 'checksums' | 'checksumType'> | { error: ReportedError } {
  const root = readXml(source);
  const error = errorOf(root);
  if (error) return { error };
  if (root.name !== 'CompleteMultipartUploadResult') throw malformedXml(`the root is ${root.name}`);
  return present<Pick<CompleteResult, 'etag' | 'checksums' | 'checksumType'>>({
    etag: textOf(root, 'ETag') ?? '',
    checksums: readChecksums(root),
    checksumType: textOf(root, 'ChecksumType'),
  });
}
