/** What an S3 endpoint may be, as a reader of an error message needs it. */
export const ENDPOINT_RULE =
  'an absolute http:// or https:// URL without path, query or credentials, such as https://s3.eu-west-1.amazonaws.com';

/** The endpoint as an origin (`https://host:port`), or undefined when it breaks ENDPOINT_RULE. */
export function parseEndpoint(value: string): string | undefined {
  if (!URL.canParse(value)) return undefined;
  const url = new URL(value);
  const isHttp = url.protocol === 'http:' || url.protocol === 'https:';
  const isBare = url.href === `${url.origin}/`;
  return isHttp && isBare ? url.origin : undefined;
}
