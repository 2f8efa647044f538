/**
 * The Content-Encoding of an object, without `aws-chunked`: that is how one upload was sent, not what was stored, and what it was applied to stays (AWS, "Signature
 * Calculations for the Authorization Header: Transferring Payload in Multiple Chunks"). Some stores wrongly keep it. Undefined when nothing is left.
 */
export function storedEncoding(encoding: string | undefined): string | undefined {
  if (!encoding?.includes('aws-chunked')) return encoding;
  const codings = encoding.split(',').map((coding) => coding.trim());
  return codings.filter((coding) => coding !== 'aws-chunked' && coding !== '').join(', ') || undefined;
}
