import { Transform, type TransformCallback } from 'node:stream';
import { passThrough } from '../body.js';
import { digestLength } from '../checksums.js';
import type { HeaderFields, S3Body } from '../message.js';

/** A body whose checksum is known when it has passed. */
export interface TrailingPayload {
  readonly body: S3Body;
  /** Length of `body` in bytes. */
  readonly contentLength: number;
  /** The field that comes after it: x-amz-checksum-crc32. */
  readonly announced: string;
  /** Its value, once the body has ended. */
  readonly trailers: () => HeaderFields;
}

/** As the AWS SDKs cut a body; stores want 8 KiB at least. */
const CHUNK_BYTES = 64 * 1024;
const LINE_END = '\r\n';

/** Length in bytes of what `trailingBody` makes of a payload. */
export function trailingLength({ contentLength, announced }: TrailingPayload): number {
  const whole = Math.floor(contentLength / CHUNK_BYTES);
  const rest = contentLength % CHUNK_BYTES;
  const framing = (size: number) => size.toString(16).length + 2 * LINE_END.length;
  const chunks = whole * framing(CHUNK_BYTES) + (rest > 0 ? framing(rest) : 0);
  const trailer = `0${LINE_END}${announced}:${LINE_END}${LINE_END}`.length + digestLength(announced);
  return contentLength + chunks + trailer;
}

/**
 * The aws-chunked form of a body, its chunks unsigned, with its checksum after it (AWS, "STREAMING-UNSIGNED-PAYLOAD-TRAILER"). Fails with the error of
 * the body; to destroy it destroys the body.
 */
export const trailingBody = (payload: TrailingPayload): Transform =>
  passThrough(payload.body, new TrailingEncoder(payload));

class TrailingEncoder extends Transform {
  readonly #payload: TrailingPayload;
  /** Bytes of the body, and of the chunk that has begun, still to come. */
  #missing: number;
  #chunk = 0;

  constructor(payload: TrailingPayload) {
    super({ highWaterMark: CHUNK_BYTES });
    this.#payload = payload;
    this.#missing = payload.contentLength;
  }

  override _transform(input: Buffer, _: BufferEncoding, done: TransformCallback): void {
    for (let at = 0; at < input.length; ) {
      if (this.#chunk === 0) this.#begin();
      const piece = input.subarray(at, at + this.#chunk);
      at += piece.length;
      this.#missing -= piece.length;
      this.#chunk -= piece.length;
      this.push(piece);
      if (this.#chunk === 0) this.push(LINE_END);
    }
    done();
  }

  override _flush(done: TransformCallback): void {
    const { announced, trailers } = this.#payload;
    done(null, `0${LINE_END}${announced}:${trailers()[announced]}${LINE_END}${LINE_END}`);
  }

  #begin(): void {
    this.#chunk = Math.min(CHUNK_BYTES, this.#missing);
    this.push(this.#chunk.toString(16) + LINE_END);
  }
}
