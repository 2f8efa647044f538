import { S3Error } from './errors.js';

/** InvalidArgument, with the name and the value of the parameter or header as S3 tells them. */
export function invalidArgument(name: string, value: string, message?: string, cause?: unknown): S3Error {
  return new S3Error('InvalidArgument', message, {
    fields: { ArgumentName: name, ArgumentValue: value },
    cause,
  });
}
