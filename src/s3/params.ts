import type { S3Request } from './message.js';

/** The value of the first query parameter with this name; undefined when there is none. */
export function queryValue({ query }: Pick<S3Request, 'query'>, name: string): string | undefined {
  return query.find((parameter) => parameter[0] === name)?.[1];
}

/** Whether the query has a parameter with this name, with a value or without. */
export function hasQuery({ query }: Pick<S3Request, 'query'>, name: string): boolean {
  return query.some((parameter) => parameter[0] === name);
}
