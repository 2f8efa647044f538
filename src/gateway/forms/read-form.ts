import { finished, Readable } from 'node:stream';
import { Busboy, type BusboyFileStream } from '@fastify/busboy';
import { S3Error } from '../../s3/errors.js';
import { invalidArgument } from '../../s3/invalid-argument.js';
import type { FormFields } from '../../s3/post/form-fields.js';
import type { Clock } from '../../system/clock.js';
import { watchBody } from '../request-body.js';

export interface PostForm {
  /** Those before the file; what comes after it has no effect. */
  readonly fields: FormFields;
  /** As the client's machine calls the file, without its folders; undefined where the form does not say. */
  readonly fileName: string | undefined;
  /**
   * The bytes of the file. It ends only when the whole form has come in and is well-formed, with one file; else it fails with
   * S3Error MalformedPOSTRequest, InvalidArgument, IncompleteBody or RequestTimeout.
   */
  readonly file: Readable;
}

/** AWS, "HTML form fields": all of the form but its file. */
const MAX_FIELD_BYTES = 20_480;
/** What fits into that with the lines that a field needs. */
const MAX_FIELDS = 256;
const MAX_PART_HEADER_BYTES = 8 * 1024;
const FILE = 'file';

/**
 * Reads a multipart/form-data body up to its file, which is the part of that name. Rejects with S3Error MalformedPOSTRequest,
 * MaxPostPreDataLengthExceeded, InvalidArgument (no file), IncompleteBody, RequestTimeout.
 */
export function readForm(incoming: Readable, contentType: string, clock: Clock): Promise<PostForm> {
  const parser = createParser(contentType);
  const fields = new FieldCollector();
  const end = new FormEnd();
  const opened = new Promise<PostForm>((resolve, reject) => {
    parser.on('field', (name, value, _, isTruncated) => {
      if (end.files > 0) return;
      if (isTruncated || !fields.add(name, value)) parser.destroy(fieldsTooLarge());
    });
    parser.on('fieldsLimit', () => {
      if (end.files === 0) parser.destroy(fieldsTooLarge());
    });
    parser.on('file', (_, file, fileName: string | undefined) => {
      if (!end.open(file)) return;
      resolve({
        fields: fields.all,
        fileName,
        file: Readable.from(end.contentOf(file), { objectMode: false }),
      });
    });
    end.reached.catch(reject);
  });
  parser.on('error', (error) => end.fail(error)).on('finish', () => end.finish());
  finished(incoming, { writable: false }, (cause) => {
    if (cause) parser.destroy(new S3Error('IncompleteBody', undefined, { cause }));
  });
  watchBody(incoming, parser, clock);
  incoming.pipe(parser);
  return opened;
}

function createParser(contentType: string) {
  try {
    return new Busboy({
      headers: { 'content-type': contentType },
      isPartAFile: (name) => name?.toLowerCase() === FILE,
      limits: { fieldSize: MAX_FIELD_BYTES, fields: MAX_FIELDS, headerSize: MAX_PART_HEADER_BYTES },
    });
  } catch (cause) {
    // It has no boundary.
    throw malformed(cause);
  }
}

class FieldCollector {
  readonly all = new Map<string, string>();
  #bytes = 0;

  /** Of two with one name the later counts. False when they are too large, all together. */
  add(name: string | undefined, value: string): boolean {
    if (name === undefined) return true;
    this.#bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
    this.all.set(name.toLowerCase(), value);
    return this.#bytes <= MAX_FIELD_BYTES;
  }
}

/** How a form ends: its file must not be taken for whole before. */
class FormEnd {
  files = 0;
  readonly reached: Promise<void>;
  #resolve: () => void = () => undefined;
  #reject: (reason: S3Error) => void = () => undefined;
  #failure: S3Error | undefined;
  #file: Readable | undefined;

  constructor() {
    this.reached = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.reached.catch(() => undefined);
  }

  /** Whether this is the first file of the form; any other is thrown away. */
  open(file: BusboyFileStream): boolean {
    this.files += 1;
    // A form can break off while nobody reads its file yet.
    file.on('error', () => undefined);
    if (this.files > 1) file.resume();
    else this.#file = file;
    return this.files === 1;
  }

  fail(error: unknown): void {
    this.#failure ??= error instanceof S3Error ? error : malformed(error);
    this.#reject(this.#failure);
    this.#file?.destroy(this.#failure);
  }

  finish(): void {
    if (this.files === 1) this.#resolve();
    else this.fail(wrongNumberOfFiles(this.files));
  }

  async *contentOf(file: Readable): AsyncGenerator<Buffer> {
    try {
      yield* file;
    } catch (error) {
      throw this.#failure ?? error;
    }
    await this.reached;
  }
}

const malformed = (cause: unknown): S3Error => new S3Error('MalformedPOSTRequest', undefined, { cause });

const fieldsTooLarge = (): S3Error =>
  new S3Error('MaxPostPreDataLengthExceeded', undefined, {
    fields: { MaxPostPreDataLengthBytes: String(MAX_FIELD_BYTES) },
  });

/** AWS has a code of its own for this in its table of errors, and answers this one. */
const wrongNumberOfFiles = (files: number): S3Error =>
  invalidArgument(FILE, String(files), 'POST requires exactly one file upload per request.');
