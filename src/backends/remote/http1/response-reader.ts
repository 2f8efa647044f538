import { parseLength } from '../../../s3/content-length.js';
import { isFieldName, isFieldValue } from '../../../s3/field-value.js';
import type { FieldLines } from './handler.js';
import { BadResponse } from './http-errors.js';

const MAX_HEAD_BYTES = 64 * 1024;
const MAX_CHUNK_HEAD_BYTES = 4 * 1024;
const CRLF = '\r\n';
const CHUNK_SIZE = /^([0-9a-fA-F]{1,12})[ \t]*(?:;.*)?$/;

export interface ResponseEvents {
  onHead(status: number, fields: FieldLines): void;
  onData(chunk: Buffer): void;
  /** The answer is complete. */
  onEnd(answer: { readonly keepsAlive: boolean; readonly idleSeconds: number | undefined }): void;
}

type State = 'none' | 'head' | 'sized' | 'to-close' | 'chunk-head' | 'chunk' | 'chunk-end' | 'trailer';

interface Head {
  readonly status: number;
  readonly fields: FieldLines;
  readonly keepsAlive: boolean;
}

/**
 * Reads the answers that come over one connection, one for each `expect` (RFC 9112). Pieces of content are handed on as parts of the chunks that
 * were read, never copied.
 */
export class ResponseReader {
  #state: State = 'none';
  #isBodiless = false;
  #head: Head | undefined;
  /** Of the content, or of its chunk: bytes that are to come. */
  #left = 0;
  /** What has been read of a line or head that is not complete. */
  #rest: Buffer | undefined;

  constructor(private readonly events: ResponseEvents) {}

  /** An answer to a request of this method comes next. */
  expect(method: string): void {
    this.#state = 'head';
    this.#isBodiless = method === 'HEAD';
  }

  /** @throws BadResponse */
  read(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) at = this.#step(chunk, at);
  }

  /** The other side will send no more. @throws BadResponse in the middle of an answer */
  close(): void {
    if (this.#state === 'to-close') this.#end();
    else if (this.#state !== 'none')
      throw new BadResponse('the connection was closed before the end of the answer');
  }

  /** Where in the chunk to go on. */
  #step(chunk: Buffer, at: number): number {
    switch (this.#state) {
      case 'sized':
      case 'chunk':
        return this.#readContent(chunk, at);
      case 'to-close':
        this.events.onData(chunk.subarray(at));
        return chunk.length;
      case 'none':
        throw new BadResponse('bytes came that belong to no answer');
      case 'head':
        return this.#readUpTo('\r\n\r\n', chunk, at, MAX_HEAD_BYTES);
      default:
        return this.#readUpTo(CRLF, chunk, at, MAX_CHUNK_HEAD_BYTES);
    }
  }

  #readContent(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#left);
    this.#left -= end - at;
    this.events.onData(at === 0 && end === chunk.length ? chunk : chunk.subarray(at, end));
    if (this.#left === 0) {
      if (this.#state === 'sized') this.#end();
      else this.#state = 'chunk-end';
    }
    return end;
  }

  #readUpTo(mark: string, chunk: Buffer, at: number, limit: number): number {
    const before = this.#rest;
    // A mark can have come in two reads.
    const text = before ? Buffer.concat([before, chunk.subarray(at, at + limit)]) : chunk;
    const start = before ? 0 : at;
    const found = text.indexOf(mark, before ? Math.max(0, before.length - mark.length + 1) : at, 'latin1');
    const end = found < 0 ? text.length : found;
    if (end - start > limit) throw new BadResponse(`a line or header is longer than ${limit} bytes`);
    if (found < 0) {
      this.#rest = Buffer.from(text.subarray(start));
      if (this.#state === 'head' && !beginsAnAnswer(this.#rest))
        throw new BadResponse('no answer in HTTP/1.1');
      return chunk.length;
    }
    this.#rest = undefined;
    const read = found + mark.length - (before ? before.length - at : 0);
    this.#take(text.toString('latin1', start, found));
    return read;
  }

  #take(text: string): void {
    switch (this.#state) {
      case 'head':
        this.#takeHead(text);
        return;
      case 'chunk-head':
        this.#takeChunkHead(text);
        return;
      case 'chunk-end':
        if (text !== '') throw new BadResponse('a chunk is longer than its size');
        this.#state = 'chunk-head';
        return;
      default:
        // Trailer fields are not handed on (RFC 9110, 6.5.1, allows that); an empty line ends them.
        if (text === '') this.#end();
    }
  }

  #takeHead(text: string): void {
    const head = parseHead(text);
    const { status, fields } = head;
    if (status === 101) throw new BadResponse('the protocol was switched, which nobody asked for');
    // An interim answer (RFC 9110, 15.2): the final one comes after it.
    if (status < 200) return;
    this.#head = head;
    this.#state = this.#framing(status, fields);
    this.events.onHead(status, fields);
    if (this.#state === 'none' || (this.#state === 'sized' && this.#left === 0)) this.#end();
  }

  /** RFC 9112, 6.3: what ends the content. */
  #framing(status: number, fields: FieldLines): State {
    const { 'transfer-encoding': coding, 'content-length': length } = fields;
    if (this.#isBodiless || status === 204 || status === 304) return 'none';
    if (coding !== undefined) {
      if (length !== undefined) throw new BadResponse('both Transfer-Encoding and Content-Length');
      if (String(coding).toLowerCase() !== 'chunked') throw new BadResponse(`Transfer-Encoding: ${coding}`);
      return 'chunk-head';
    }
    if (length === undefined) return 'to-close';
    const bytes = typeof length === 'string' ? parseLength(length) : undefined;
    if (bytes === undefined) throw new BadResponse(`Content-Length: ${length}`);
    this.#left = bytes;
    return 'sized';
  }

  #takeChunkHead(text: string): void {
    const size = CHUNK_SIZE.exec(text)?.[1];
    if (size === undefined) throw new BadResponse('a chunk has no size');
    this.#left = Number.parseInt(size, 16);
    this.#state = this.#left === 0 ? 'trailer' : 'chunk';
  }

  #end(): void {
    const head = this.#head;
    const isToClose = this.#state === 'to-close';
    this.#state = 'none';
    this.#head = undefined;
    if (!head) throw new Error('an answer ends after its head');
    this.events.onEnd({
      keepsAlive: head.keepsAlive && !isToClose,
      idleSeconds: idleSecondsOf(head.fields),
    });
  }
}

const beginsAnAnswer = (text: Buffer): boolean => {
  const begin = 'HTTP/1.';
  return begin.startsWith(text.toString('latin1', 0, begin.length));
};

/** RFC 9112, 4 and 5. @throws BadResponse */
function parseHead(text: string): Head {
  const endOfLine = text.indexOf(CRLF);
  const statusLine = endOfLine < 0 ? text : text.slice(0, endOfLine);
  const [, minor, code] = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: |$)/.exec(statusLine) ?? [];
  if (minor === undefined || code === undefined) throw new BadResponse('no status line of HTTP/1.1');
  const fields = endOfLine < 0 ? {} : parseFields(text, endOfLine + CRLF.length);
  const options = String(fields.connection ?? '').toLowerCase();
  const keepsAlive = minor === '1' ? !options.includes('close') : options.includes('keep-alive');
  return { status: Number(code), fields, keepsAlive };
}

function parseFields(text: string, start: number): FieldLines {
  const fields: Record<string, string | string[]> = {};
  for (let at = start; at <= text.length; ) {
    const found = text.indexOf(CRLF, at);
    const end = found < 0 ? text.length : found;
    const colon = text.indexOf(':', at);
    if (colon < 0 || colon > end) throw new BadResponse('a header field has no name');
    const name = text.slice(at, colon).toLowerCase();
    const value = withoutSpace(text, colon + 1, end);
    if (!isFieldName(name) || !isFieldValue(value))
      throw new BadResponse('a header field with what none may have');
    add(fields, name, value);
    at = end + CRLF.length;
  }
  return fields;
}

/** Of white space only these two are not part of a value (RFC 9110, 5.6.3): the last byte of an `à` in UTF-8 is a space to `trim`. */
const isSpace = (code: number): boolean => code === 0x20 || code === 0x09;

function withoutSpace(text: string, start: number, end: number): string {
  let [first, last] = [start, end];
  while (first < last && isSpace(text.charCodeAt(first))) first += 1;
  while (last > first && isSpace(text.charCodeAt(last - 1))) last -= 1;
  return text.slice(first, last);
}

function add(fields: Record<string, string | string[]>, name: string, value: string): void {
  if (!Object.hasOwn(fields, name)) {
    // It would be no field of its own.
    if (name !== '__proto__') fields[name] = value;
    return;
  }
  const before = fields[name] ?? [];
  fields[name] = [before, value].flat();
}

/** How long the other side keeps an idle connection, where it says so (`Keep-Alive: timeout=5`). */
function idleSecondsOf({ 'keep-alive': parameters }: FieldLines): number | undefined {
  const seconds = parameters && /(?:^|[,\s])timeout=(\d{1,9})/i.exec(String(parameters))?.[1];
  return seconds ? Number(seconds) : undefined;
}
