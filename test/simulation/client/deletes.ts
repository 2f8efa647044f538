import { readDeleteResult, writeDelete } from '../../../src/s3/xml/delete.js';
import type { Client } from './client.js';

export const remove = (client: Client, key: string): Promise<void> =>
  client.write(key, { kind: 'delete', value: null }, (store, signal) => store.ask('DELETE', key, { signal }));

export function removeIfMatch(client: Client, key: string): Promise<void> {
  const { history } = client.surroundings;
  const etag = history.lastSeen(key);
  if (etag === undefined) return remove(client, key);
  const expected = history.valueOf(etag);
  return client.write(key, { kind: 'delete-if-match', value: null, expected }, (store, signal) =>
    store.ask('DELETE', key, { headers: { 'if-match': etag }, signal }),
  );
}

/** One request for all keys. */
export async function removeAll(client: Client): Promise<void> {
  const { history, keys } = client.surroundings;
  const invoked = history.now();
  const body = writeDelete({ objects: keys.map((key) => ({ key })), quiet: false });
  const answer = await client.ask((store, signal) =>
    store.ask('POST', '', { query: 'delete', body, signal }),
  );
  const deleted = answer?.status === 200 ? readDeleteResult(answer.body).deleted.map(({ key }) => key) : [];
  const returned = history.now();
  for (const key of keys) {
    const told = deleted.includes(key)
      ? ({ outcome: 'done', returned } as const)
      : ({ outcome: 'unknown' } as const);
    client.record(key, { kind: 'delete', value: null, invoked, ...told });
  }
}
