import { S3Error } from '../errors.js';
import type { HeaderFields } from '../message.js';
import { AwsChunkedDecoder } from './aws-chunked.js';
import type { ChunkVerifier } from './chunk-verifier.js';
import type { PayloadEncoding } from './encoding.js';

/** Turns the wire form of a body into its bytes. Both methods throw S3Error. */
export interface PayloadDecoder {
  write(input: Buffer): void;
  /** Ends the body; returns its trailing header fields. */
  end(): HeaderFields;
}

export interface ChunkedOptions {
  readonly encoding: PayloadEncoding;
  /** Present when the chunks are signed. */
  readonly signatures: ChunkVerifier | undefined;
  /** The header field that x-amz-trailer announces. */
  readonly announced: string | undefined;
}

const SIGNATURE_FIELD = 'x-amz-trailer-signature';

/** A body that is sent as it is. */
export function plainDecoder(data: (bytes: Buffer) => void): PayloadDecoder {
  return { write: data, end: () => ({}) };
}

/** An aws-chunked body: its chunks are verified and the fields of its trailer read. */
export function chunkedDecoder(options: ChunkedOptions, data: (bytes: Buffer) => void): PayloadDecoder {
  const { signatures } = options;
  const chunks = new AwsChunkedDecoder({
    begin: (signature) => signatures?.begin(signature),
    data: (bytes) => {
      signatures?.update(bytes);
      data(bytes);
    },
    end: () => signatures?.end(),
  });
  return {
    write: (input) => chunks.write(input),
    end: () => readTrailer(chunks.end(), options),
  };
}

function readTrailer(
  lines: readonly string[],
  { encoding, signatures, announced }: ChunkedOptions,
): HeaderFields {
  const { [SIGNATURE_FIELD]: signature, ...fields } = Object.fromEntries(lines.map(parseField));
  const name = Object.keys(fields).find((field) => !encoding.trailer || field !== announced);
  if (name !== undefined) {
    throw new S3Error('InvalidRequest', `The trailer has the field "${name}", which was not announced.`);
  }
  if (encoding.trailer) signatures?.trailer(fields, signature);
  return fields;
}

function parseField(line: string): [name: string, value: string] {
  const colon = line.indexOf(':');
  if (colon < 0)
    throw new S3Error('InvalidRequest', 'The trailer has a line that is not of the form "name:value".');
  return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
}
