import type { S3Error } from '../errors.js';
import { invalidArgument } from '../invalid-argument.js';

/** The fields of a form before its file, by lower-case name: S3 reads names in any letter case (AWS, "HTML form fields"). */
export type FormFields = ReadonlyMap<string, string>;

/** The value of a field that a form must have; `name` is spelt as AWS names it. Throws S3Error InvalidArgument. */
export function requiredField(fields: FormFields, name: string): string {
  const value = fields.get(name.toLowerCase());
  if (value === undefined) throw missingField(name);
  return value;
}

function missingField(name: string): S3Error {
  const hint = 'If it is specified, please check the order of the fields.';
  return invalidArgument(name, '', `Bucket POST must contain a field named '${name}'.  ${hint}`);
}
