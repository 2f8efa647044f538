import type { S3Response } from '../message.js';

/** 200 with a document. */
export function xmlResponse(xml: string): S3Response & { readonly body: Buffer } {
  const body = Buffer.from(xml);
  return {
    status: 200,
    headers: { 'content-type': 'application/xml', 'content-length': String(body.length) },
    body,
  };
}
