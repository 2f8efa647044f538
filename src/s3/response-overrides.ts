import { isFieldValue } from './field-value.js';
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
    if (!isFieldValue(value)) {
      throw invalidArgument(name, value, 'Header value cannot be represented using ISO-8859-1.');
    }
    overrides[name.slice(OVERRIDE.length)] = value;
  }
  return overrides;
}
