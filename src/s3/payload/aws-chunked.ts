import { S3Error } from '../errors.js';

/** What is told of an aws-chunked body as it is taken apart. */
export interface ChunkListener {
  /** A chunk begins; the last one has no bytes. */
  begin(signature: string | undefined): void;
  data(bytes: Buffer): void;
  end(): void;
}

/** A chunk header is a size and one signature, some 100 bytes; the trailer is a checksum and one signature. */
const MAX_HEADER_BYTES = 256;
const MAX_TRAILER_BYTES = 4096;

const HEADER = /^([0-9a-fA-F]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?$/;
const LINE_FEED = 0x0a;

type State = 'header' | 'data' | 'data-end' | 'trailer';

/**
 * Takes an aws-chunked body apart (AWS, "Signature Calculations for ... Transferring Payload in Multiple Chunks"):
 * `size[;chunk-signature=...]\r\n`, so many bytes, `\r\n`, and so on until a chunk of size 0, then the trailer. The
 * data is handed on as slices of what came in, without a copy.
 *
 * Throws S3Error: InvalidRequest (not well-formed), IncompleteBody, and whatever the listener throws.
 */
export class AwsChunkedDecoder {
  readonly #listener: ChunkListener;
  #state: State = 'header';
  /** The beginning of a line whose end has not come yet. */
  #line = '';
  /** Bytes of the chunk still to come. */
  #remaining = 0;

  constructor(listener: ChunkListener) {
    this.#listener = listener;
  }

  write(input: Buffer): void {
    for (let at = 0; at < input.length; ) {
      at = this.#state === 'data' ? this.#takeData(input, at) : this.#takeText(input, at);
    }
  }

  /** Ends the body; returns the lines of the trailer. */
  end(): string[] {
    if (this.#state !== 'trailer') throw new S3Error('IncompleteBody');
    // Some clients end each line with `\n`, and the trailer with `\r\n` here and there: empty lines mean nothing.
    return this.#line.split(/\r?\n/).filter((line) => line !== '');
  }

  #takeData(input: Buffer, at: number): number {
    const end = Math.min(at + this.#remaining, input.length);
    this.#remaining -= end - at;
    this.#listener.data(input.subarray(at, end));
    if (this.#remaining === 0) this.#endChunk('data-end');
    return end;
  }

  #takeText(input: Buffer, at: number): number {
    const lineFeed = this.#state === 'trailer' ? -1 : input.indexOf(LINE_FEED, at);
    const end = lineFeed < 0 ? input.length : lineFeed + 1;
    const limit = this.#state === 'trailer' ? MAX_TRAILER_BYTES : MAX_HEADER_BYTES;
    if (this.#line.length + end - at > limit) throw malformed('a line is too long');
    this.#line += input.toString('latin1', at, end);
    if (lineFeed >= 0) this.#takeLine();
    return end;
  }

  #takeLine(): void {
    const line = this.#line.replace(/\r?\n$/, '');
    this.#line = '';
    if (this.#state === 'header') this.#beginChunk(line);
    else if (line === '') this.#state = 'header';
    else throw malformed('a chunk is longer than its header says');
  }

  #beginChunk(line: string): void {
    const [, size, signature] = HEADER.exec(line) ?? [];
    if (size === undefined)
      throw malformed('a chunk header is not of the form "size;chunk-signature=signature"');
    this.#remaining = Number.parseInt(size, 16);
    this.#listener.begin(signature);
    if (this.#remaining > 0) this.#state = 'data';
    else this.#endChunk('trailer');
  }

  #endChunk(next: State): void {
    this.#state = next;
    this.#listener.end();
  }
}

function malformed(reason: string): S3Error {
  return new S3Error('InvalidRequest', `The aws-chunked body is malformed: ${reason}.`);
}
