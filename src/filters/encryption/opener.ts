import { createDecipheriv } from 'node:crypto';
import { S3Error } from '../../s3/errors.js';
import {
  CHUNK,
  NO_UPLOAD,
  nonceOf,
  type RecordHeader,
  readRecord,
  type StoredRecord,
  storedSize,
} from './format.js';
import { type BackendKey, dataKey } from './keys.js';
import type { Mark } from './mark.js';

/** An encrypted object as its store tells of it. */
export interface SealedObject {
  readonly key: string;
  readonly mark: Mark;
  /** Plaintext bytes. */
  readonly size: number;
  /** Bytes that the store has. */
  readonly stored: number;
  /** The number of its parts, by its ETag; undefined of an object of one PUT. */
  readonly parts: number | undefined;
}

export interface OpenerOptions {
  readonly object: SealedObject;
  /** The key that the object names, then all others: a part may have been sent after the key was changed. */
  readonly keys: readonly BackendKey[];
  /** The size of all parts of this upload but the last, proved by the object's first record. */
  readonly firstPartSize: (upload: Buffer) => Promise<number>;
}

/** What is stored is not what was written under this name. */
export class Damaged extends S3Error {
  constructor(what: string) {
    super('InternalError', `The object does not decrypt: ${what}.`);
  }
}

/**
 * Opens records in their order, from any chunk on. Each has to be authentic, of this object and in its place; of a part, also where its part has to be: with the
 * first part's size and the number of parts every place is known.
 */
export class Opener {
  /** Of the write that the last record was of. */
  #last: { readonly header: RecordHeader; readonly dataKey: Buffer } | undefined;
  #partSize: number | undefined;

  /** @param chunk the place of the next record in the object, from 0 */
  constructor(
    private readonly options: OpenerOptions,
    private chunk: number,
  ) {}

  /** The plaintext of the next record. @throws Damaged */
  async open(bytes: Buffer): Promise<Buffer> {
    const record = readRecord(bytes);
    if (!record) throw new Damaged('a chunk is too short');
    const { header, ciphertext } = record;
    const at = this.chunk * CHUNK;
    const length = Math.min(CHUNK, header.length - header.index * CHUNK);
    if (length !== ciphertext.length) throw new Damaged('a chunk has another length');
    const plain = this.#authenticate(record);
    await this.#assertPlace(header, at - header.index * CHUNK);
    this.chunk += 1;
    return plain;
  }

  #authenticate(record: StoredRecord): Buffer {
    const { header } = record;
    const isSameWrite = this.#last?.header.salt.equals(header.salt);
    if (this.#last && isSameWrite) {
      const plain = decrypt(record, this.#last.dataKey);
      if (plain) return plain;
    } else {
      for (const key of this.options.keys) {
        const candidate = dataKey(key, header.salt, this.options.object.key);
        const plain = decrypt(record, candidate);
        if (!plain) continue;
        this.#assertFollows(header);
        this.#last = { header, dataKey: candidate };
        return plain;
      }
    }
    throw new Damaged('a chunk was changed, or is of another object');
  }

  /** A part has one salt, and all parts are of one upload. */
  #assertFollows({ part, upload }: RecordHeader): void {
    const before = this.#last?.header;
    if (before && (before.part === part || !before.upload.equals(upload)))
      throw new Damaged('chunks of several uploads are mixed');
  }

  /** @param start where the write would begin in the object, bytes */
  async #assertPlace(header: RecordHeader, start: number): Promise<void> {
    const { parts, mark } = this.options.object;
    const isInPlace = mark.salt
      ? this.#isWhole(header, start, mark.salt)
      : parts !== undefined && (await this.#isPart(header, start, parts));
    if (!isInPlace) throw new Damaged('a chunk is not in its place, or others are missing');
  }

  #isWhole({ part, upload, salt, length }: RecordHeader, start: number, marked: Buffer): boolean {
    const { size, stored, parts } = this.options.object;
    const isOfOnePut = part === 0 && upload.equals(NO_UPLOAD) && salt.equals(marked) && parts === undefined;
    return isOfOnePut && start === 0 && length === size && stored === storedSize(size);
  }

  async #isPart({ part, upload, length }: RecordHeader, start: number, parts: number): Promise<boolean> {
    if (part < 1 || part > parts) return false;
    const { size } = this.options.object;
    if (part < parts) return start === (part - 1) * length && this.#isPartSize(length, parts);
    if (start + length !== size) return false;
    if (parts === 1) return start === 0;
    this.#partSize ??= await this.options.firstPartSize(upload);
    return start === (parts - 1) * this.#partSize && length <= this.#partSize;
  }

  /** Whether the parts but the last can have this size, and have it. */
  #isPartSize(length: number, parts: number): boolean {
    const { size, stored } = this.options.object;
    const last = size - (parts - 1) * length;
    if (length === 0 || length % CHUNK !== 0 || last < 0 || last > length) return false;
    // Without the record that an empty last part has, a part is missing.
    if (stored !== (parts - 1) * storedSize(length) + storedSize(last)) return false;
    this.#partSize ??= length;
    return this.#partSize === length;
  }
}

function decrypt({ header, headerBytes, ciphertext, tag }: StoredRecord, key: Buffer): Buffer | undefined {
  const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(header.index), { authTagLength: tag.length });
  decipher.setAAD(headerBytes);
  decipher.setAuthTag(tag);
  const plain = decipher.update(ciphertext);
  try {
    decipher.final();
    return plain;
  } catch {
    return undefined;
  }
}
