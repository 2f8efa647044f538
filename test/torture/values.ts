import { createHash } from 'node:crypto';
import { compositeETag } from '../../src/shadow/copying/part-layout.js';

/** What is written once, by one client to one key, and told from everything else by any piece of it. */
export interface Content {
  readonly name: string;
  readonly body: Buffer;
}

/** A prime number of bytes: a piece that is in the wrong place shows. */
const BLOCK_BYTES = 61;
/** Any piece of so many bytes has a whole name in it. */
export const TELLING_BYTES = 2 * BLOCK_BYTES;

/** Every content there was, by the ETags that stores can give it. */
export class Values {
  readonly #byETag = new Map<string, string>();
  readonly #sizes = new Map<string, number>();

  /** @param partSize of the parts that it is uploaded in, where it is */
  make(size: number, partSize = size): Content {
    const name = `v${this.#sizes.size}`;
    const body = bodyOf(name, size);
    this.#sizes.set(name, size);
    this.#byETag.set(etagOf(body), name);
    this.#byETag.set(unquoted(compositeETag(partsOf(body, partSize).map(etagOf))), name);
    return { name, body };
  }

  get names(): string[] {
    return [...this.#sizes.keys()];
  }

  /** With its quotes or without: Ceph RGW leaves them out of the answer to CopyObject. */
  ofETag(etag: string): string {
    return this.#byETag.get(unquoted(etag)) ?? `unknown ETag ${etag}`;
  }

  ofBody(body: Buffer): string {
    return this.#byETag.get(etagOf(body)) ?? `torn body of ${body.length} bytes, ${nameIn(body)} in it`;
  }

  /** The content that has this piece at this place. */
  ofPiece(piece: Buffer, start: number): string {
    const name = nameIn(piece);
    const size = this.#sizes.get(name);
    if (size === undefined) return `unknown piece ${name}`;
    const expected = bodyOf(name, size).subarray(start, start + piece.length);
    return expected.equals(piece) ? name : `torn piece of ${piece.length} bytes, ${name} in it`;
  }
}

export function partsOf(body: Buffer, partSize: number): Buffer[] {
  const starts = Array.from({ length: Math.ceil(body.length / partSize) }, (_, index) => index * partSize);
  return starts.map((start) => body.subarray(start, start + partSize));
}

const bodyOf = (name: string, size: number): Buffer =>
  Buffer.alloc(size, `<${name}>`.padEnd(BLOCK_BYTES, '.'));

const nameIn = (piece: Buffer): string => /<(v\d+)>/.exec(piece.toString('latin1'))?.[1] ?? 'nothing';

const etagOf = (body: Buffer): string => createHash('md5').update(body).digest('hex');

const unquoted = (etag: string): string => etag.replaceAll('"', '');
