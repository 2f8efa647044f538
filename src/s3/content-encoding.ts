import type { HeaderFields } from './fields.js';

/**
 * The Content-Encoding of an object, without `aws-chunked`: that is how one upload was sent, not what was stored, and what it was applied to stays (AWS, "Signature
 * Calculations for the Authorization Header: Transferring Payload in Multiple Chunks"). Some stores wrongly keep it. Undefined when nothing is left.
 */
export function storedEncoding(encoding: string | undefined): string | undefined {
  if (!encoding?.includes('aws-chunked')) return encoding;
  const codings = encoding.split(',').map((coding) => coding.trim());
  return codings.filter((coding) => coding !== 'aws-chunked' && coding !== '').join(', ') || undefined;
}

/** An object's fields with its Content-Encoding as it is stored. */
export function withStoredEncoding(headers: HeaderFields): HeaderFields {
  const { 'content-encoding': encoding } = headers;
  const stored = storedEncoding(encoding);
  if (stored === encoding) return headers;
  const { 'content-encoding': _, ...others } = headers;
  return stored === undefined ? others : { ...others, 'content-encoding': stored };
}
