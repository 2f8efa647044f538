import { createHash, type Hash, hash } from 'node:crypto';
import { S3Error } from '../errors.js';
import type { HeaderFields } from '../message.js';
import { chunkSignature, trailerSignature } from '../sigv4/chunk-signature.js';
import { equalHex, type VerifiedSignature } from '../sigv4/verify.js';

/**
 * Verifies the signatures of a streamed body, each of which covers the one before, from that of the request on.
 * All methods throw S3Error SignatureDoesNotMatch.
 */
export class ChunkVerifier {
  readonly #seed: VerifiedSignature;
  #previous: string;
  #signature = '';
  #hash: Hash = createHash('sha256');

  constructor(seed: VerifiedSignature) {
    this.#seed = seed;
    this.#previous = seed.signature;
  }

  begin(signature: string | undefined): void {
    if (signature === undefined) throw new S3Error('SignatureDoesNotMatch');
    this.#signature = signature;
    this.#hash = createHash('sha256');
  }

  update(data: Buffer): void {
    this.#hash.update(data);
  }

  end(): void {
    this.#accept(this.#signature, chunkSignature(this.#seed, this.#previous, this.#hash.digest('hex')));
  }

  /** The trailing fields, without the signature itself. */
  trailer(fields: HeaderFields, signature: string | undefined): void {
    const lines = Object.entries(fields).map(([name, value]) => `${name}:${value}\n`);
    const digest = hash('sha256', lines.join(''), 'hex');
    this.#accept(signature ?? '', trailerSignature(this.#seed, this.#previous, digest));
  }

  #accept(given: string, expected: string): void {
    if (!equalHex(given, expected)) throw new S3Error('SignatureDoesNotMatch');
    this.#previous = expected;
  }
}
