import { chunkSignature, trailerSignature } from '../../src/s3/sigv4/chunk-signature.js';
import type { VerifiedSignature } from '../../src/s3/sigv4/verify.js';
import { sha256 } from './sigv4.js';

export interface ChunkedOptions {
  chunkSize: number;
  /** `name:value` lines. */
  trailer?: string[];
  /** The signature of the request; without it the chunks are not signed. */
  seed?: VerifiedSignature;
}

/** Writes a body as an aws-chunked client does. */
export function awsChunked(payload: Buffer, { chunkSize, trailer, seed }: ChunkedOptions): Buffer {
  let previous = seed?.signature ?? '';
  const header = (data: Buffer) => {
    if (!seed) return `${data.length.toString(16)}\r\n`;
    previous = chunkSignature(seed, previous, sha256(data));
    return `${data.length.toString(16)};chunk-signature=${previous}\r\n`;
  };
  const parts: (string | Buffer)[] = [];
  for (let at = 0; at < payload.length; at += chunkSize) {
    const data = payload.subarray(at, at + chunkSize);
    parts.push(header(data), data, '\r\n');
  }
  parts.push(header(Buffer.alloc(0)), ...(trailer ?? []).map((line) => `${line}\r\n`));
  if (trailer && seed) {
    const signature = trailerSignature(seed, previous, sha256(trailer.map((line) => `${line}\n`).join('')));
    parts.push(`x-amz-trailer-signature:${signature}\r\n`);
  }
  return Buffer.concat([...parts, '\r\n'].map((part) => Buffer.from(part)));
}
