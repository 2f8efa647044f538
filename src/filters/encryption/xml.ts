import { collect } from '../../s3/body.js';
import { S3Error } from '../../s3/errors.js';
import type { S3Response } from '../../s3/message.js';

/** Longer than any answer of XML. */
const MAX_DOCUMENT = 16 * 1024 * 1024;

/** An answer of XML, changed. */
export async function changedXml(
  answer: S3Response,
  change: (xml: string) => string,
): Promise<S3Response & { readonly body: Buffer }> {
  const xml = (await collect(answer.body, MAX_DOCUMENT, tooLong)).toString('utf8');
  const body = Buffer.from(change(xml));
  return { ...answer, headers: { ...answer.headers, 'content-length': String(body.length) }, body };
}

const tooLong = (): S3Error =>
  new S3Error('InternalError', `The backend answered more than ${MAX_DOCUMENT} bytes of XML.`);

const CHECKSUM_ELEMENTS = /<(Checksum[A-Za-z0-9]*)>[\s\S]*?<\/\1>/g;

/** A document without what it says of checksums: those of a store are of what it has. */
export const withoutChecksumElements = (xml: string): string => xml.replace(CHECKSUM_ELEMENTS, '');
