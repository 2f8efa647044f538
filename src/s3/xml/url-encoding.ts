import { invalidArgument } from '../invalid-argument.js';
import { encodeKey } from '../keys.js';
import type { S3Request } from '../message.js';
import { queryValue } from '../params.js';
import { malformedXml } from './reader.js';

/** `url`: names in the answer are percent-encoded, for keys with characters that XML 1.0 cannot carry. */
export type EncodingType = 'url';

/** The encoding that a listing asks for; throws InvalidArgument for any but `url`. */
export function parseEncodingType(request: Pick<S3Request, 'query'>): EncodingType | undefined {
  const value = queryValue(request, 'encoding-type');
  if (value === undefined || value === 'url') return value;
  throw invalidArgument('encoding-type', value, 'Invalid Encoding Method specified in Request');
}

/** A function that gives names the form the listing was asked for; a space is `%20`, which all clients decode. */
export function nameEncoder(encodingType: EncodingType | undefined): (name: string) => string {
  return encodingType === 'url' ? encodeKey : (name) => name;
}

/** The other way; S3 itself writes a space as `+`. Throws MalformedXML. */
export function nameDecoder(encodingType: string | undefined): (name: string) => string {
  return encodingType === 'url' ? decodeName : (name) => name;
}

const ENCODED = /[%+]/;

function decodeName(name: string): string {
  if (!ENCODED.test(name)) return name;
  try {
    return decodeURIComponent(name.replaceAll('+', ' '));
  } catch (cause) {
    throw malformedXml(`${name} is not URL-encoded UTF-8`, cause);
  }
}
