import { invalidArgument } from './invalid-argument.js';
import type { HeaderFields, S3Request } from './message.js';

/** How the names of the parameters begin. */
export const OVERRIDE = 'response-';

const OVERRIDABLE = new Set([
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
]);

/** What a header field can carry (RFC 9110, 5.5): no control character but tab, and nothing beyond ISO-8859-1. */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * The header fields that `response-content-type` and its like put in place of the object's own (GetObject API,
 * "Overriding response header values through the request").
 *
 * @throws S3Error InvalidArgument for a value that no header field can carry
 */
export function responseOverrides({ query }: Pick<S3Request, 'query'>): HeaderFields {
  const overrides: Record<string, string> = {};
  for (const [name, value] of query) {
    if (!name.startsWith(OVERRIDE) || !OVERRIDABLE.has(name.slice(OVERRIDE.length))) continue;
    if (!FIELD_VALUE.test(value)) {
      throw invalidArgument(name, value, 'Header value cannot be represented using ISO-8859-1.');
    }
    overrides[name.slice(OVERRIDE.length)] = value;
  }
  return overrides;
}
