import { invalidArgument } from './invalid-argument.js';

/** What a header field can be called, and carry: no control character but tab (RFC 9110, 5.1 and 5.5). */
const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/i;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Whether a header field can be called so. */
export const isFieldName = (name: string): boolean => NAME.test(name);

/** Whether a header field can carry this as it is. */
export const isFieldValue = (value: string): boolean => VALUE.test(value);

/**
 * Text that came in a query or a form, as the value of the header field that it stands for: one character for each byte of its UTF-8.
 *
 * @throws S3Error InvalidArgument for a name or a value that no header field can have: with a line break one would be two
 */
export function fieldValue(name: string, text: string): string {
  const value = Buffer.from(text, 'utf8').toString('latin1');
  if (isFieldName(name) && isFieldValue(value)) return value;
  throw invalidArgument(name, text, 'It cannot be sent as a header field.');
}
