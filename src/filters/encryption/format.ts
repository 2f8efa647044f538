/** Plaintext bytes of a chunk: of all but the last of a write. */
export const CHUNK = 64 * 1024;

const SALT_BYTES = 16;
const UPLOAD_BYTES = 6;
const HEADER = 32;
const TAG = 16;

/** Stored bytes of a chunk: its header, as many bytes as the plaintext has, its tag. */
export const RECORD = HEADER + CHUNK + TAG;
const OVERHEAD = HEADER + TAG;

/** The header of a record. It is not secret, and is authenticated with its chunk. */
export interface RecordHeader {
  /** Of the write that the chunk is of, drawn at random. */
  readonly salt: Buffer;
  /** Tells the uploads of one key apart; zeros in an object of one PUT. */
  readonly upload: Buffer;
  /** 0 in an object of one PUT. */
  readonly part: number;
  /** Plaintext bytes of the whole write: of the object, or of the part. */
  readonly length: number;
  /** The place of the chunk in its write, from 0. */
  readonly index: number;
}

export const NO_UPLOAD = Buffer.alloc(UPLOAD_BYTES);

/** Stored bytes of a write of so many plaintext bytes; an empty one has one record, too. */
export const storedSize = (size: number): number => size + OVERHEAD * Math.max(1, Math.ceil(size / CHUNK));

/**
 * Plaintext bytes of an object, or of a part, of so many stored ones; undefined where no object has so many. It follows from nothing else: in an object of parts
 * all writes but the last are whole chunks.
 */
export function plainSize(stored: number): number | undefined {
  const whole = Math.floor(stored / RECORD);
  const rest = stored % RECORD;
  if (rest === 0) return stored === 0 ? undefined : whole * CHUNK;
  return rest < OVERHEAD ? undefined : whole * CHUNK + rest - OVERHEAD;
}

export function writeHeader({ salt, upload, part, length, index }: RecordHeader): Buffer {
  const header = Buffer.alloc(HEADER);
  salt.copy(header, 0);
  upload.copy(header, SALT_BYTES);
  let at = header.writeUIntBE(part, SALT_BYTES + UPLOAD_BYTES, 2);
  at = header.writeUIntBE(length, at, 5);
  header.writeUIntBE(index, at, 3);
  return header;
}

/** A record as it is stored. */
export interface StoredRecord {
  readonly header: RecordHeader;
  /** What the tag also covers: the header as it stands. */
  readonly headerBytes: Buffer;
  readonly ciphertext: Buffer;
  readonly tag: Buffer;
}

/** Undefined for what is too short to be one. */
export function readRecord(record: Buffer): StoredRecord | undefined {
  if (record.length < OVERHEAD) return undefined;
  const at = SALT_BYTES + UPLOAD_BYTES;
  const header = {
    salt: record.subarray(0, SALT_BYTES),
    upload: record.subarray(SALT_BYTES, at),
    part: record.readUIntBE(at, 2),
    length: record.readUIntBE(at + 2, 5),
    index: record.readUIntBE(at + 7, 3),
  };
  return {
    header,
    headerBytes: record.subarray(0, HEADER),
    ciphertext: record.subarray(HEADER, -TAG),
    tag: record.subarray(-TAG),
  };
}

/** AES-GCM's 96 bits: the place of the chunk, which no other chunk under the same data key has. */
export function nonceOf(index: number): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(index, 8);
  return nonce;
}
