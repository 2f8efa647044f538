/** Header fields by lower-case name; a field that came more than once is joined with a comma (RFC 9110, 5.3). */
export type HeaderFields = Readonly<Record<string, string>>;

/** Those fields whose name is wanted. */
export function fieldsOf(headers: HeaderFields, isWanted: (name: string) => boolean): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined && isWanted(name)) kept[name] = value;
  }
  return kept;
}

/** One query parameter, percent-decoded. `?acl` and `?acl=` are both `['acl', '']`. */
export type QueryParameter = readonly [name: string, value: string];

/** Fields that belong to one connection (RFC 9110, 7.6.1). */
export const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
] as const;

/** Fields of one sender's address, signature and framing: whoever sends a request on makes them anew. */
export const OF_ONE_SENDER = [
  'authorization',
  'expect',
  'host',
  'x-amz-content-sha256',
  'x-amz-date',
  'x-amz-decoded-content-length',
  'x-amz-security-token',
  'x-amz-trailer',
] as const;
