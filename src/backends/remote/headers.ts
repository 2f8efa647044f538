import { type HeaderFields, HOP_BY_HOP, OF_ONE_SENDER } from '../../s3/fields.js';
import type { FieldLines } from './http1/handler.js';

const DROPPED_FROM_REQUEST: ReadonlySet<string> = new Set([
  ...HOP_BY_HOP,
  ...OF_ONE_SENDER,
  // Announces a trailer, which is not sent on.
  'x-amz-sdk-checksum-algorithm',
]);
const DROPPED_FROM_RESPONSE: ReadonlySet<string> = new Set(HOP_BY_HOP);

/** The fields of a client's request that go on to the backend, by lower-case name. */
export const forwardedRequestHeaders = (headers: HeaderFields): Record<string, string> =>
  endToEnd(headers, DROPPED_FROM_REQUEST);

/** Where another gateway found an object is not where this one did. */
const OF_ANOTHER_GATEWAY = 'x-penumbra-';

/** The fields of a backend's answer that go on to the client; repeated ones are joined (RFC 9110, 5.3). */
export function forwardedResponseHeaders(headers: FieldLines): HeaderFields {
  const kept = endToEnd(headers, DROPPED_FROM_RESPONSE);
  for (const name in kept) if (name.startsWith(OF_ANOTHER_GATEWAY)) delete kept[name];
  return kept;
}

function endToEnd(headers: FieldLines, dropped: ReadonlySet<string>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined || dropped.has(name)) continue;
    kept[name] = typeof value === 'string' ? value : value.join(', ');
  }
  for (const name of connectionOptions(headers)) delete kept[name];
  return kept;
}

/** The further names that Connection lists as its own (RFC 9110, 7.6.1). */
function connectionOptions({ connection }: FieldLines): string[] {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return [];
  return String(connection)
    .split(',')
    .map((option) => option.trim().toLowerCase());
}
