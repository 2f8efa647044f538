import { SHA256_OF_NOTHING, signatureOf } from './canonical.js';
import { formatScope } from './signing-key.js';
import type { VerifiedSignature } from './verify.js';

/** The signature that a chain of chunks starts from. */
export type ChunkSeed = Pick<VerifiedSignature, 'signingKey' | 'scope' | 'timestamp'>;

/** Signature of a chunk (AWS, "Signature Calculations for ... Transferring Payload in Multiple Chunks"). */
export function chunkSignature(seed: ChunkSeed, previous: string, sha256: string): string {
  return chained('AWS4-HMAC-SHA256-PAYLOAD', seed, `${previous}\n${SHA256_OF_NOTHING}\n${sha256}`);
}

/** Signature of the trailer; `sha256` is that of its lines as `name:value\n` (AWS, "... Including Trailing Headers"). */
export function trailerSignature(seed: ChunkSeed, previous: string, sha256: string): string {
  return chained('AWS4-HMAC-SHA256-TRAILER', seed, `${previous}\n${sha256}`);
}

function chained(algorithm: string, { signingKey, scope, timestamp }: ChunkSeed, rest: string): string {
  return signatureOf(signingKey, `${algorithm}\n${timestamp}\n${formatScope(scope)}\n${rest}`);
}
