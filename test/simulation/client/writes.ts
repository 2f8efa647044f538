import { readCopyResult } from '../../../src/s3/xml/copy.js';
import type { Answer } from '../../support/store-client.js';
import { upload } from '../upload.js';
import type { Asking, Client, Write } from './client.js';

export const put = (client: Client, key: string): Promise<void> => putWhole(client, key, { kind: 'put' });

export const putIfAbsent = (client: Client, key: string): Promise<void> =>
  putWhole(client, key, { kind: 'put-if-absent', headers: { 'if-none-match': '*' } });

export function putIfMatch(client: Client, key: string): Promise<void> {
  const { history } = client.surroundings;
  const etag = history.lastSeen(key);
  if (etag === undefined) return put(client, key);
  const expected = history.valueOf(etag);
  return putWhole(client, key, { kind: 'put-if-match', expected, headers: { 'if-match': etag } });
}

/** What broke off on its way must never take effect, so it is no operation of the history. */
async function putWhole(
  client: Client,
  key: string,
  { headers, ...write }: Omit<Write, 'value'> & { headers?: Record<string, string> },
): Promise<void> {
  const { history, weather } = client.surroundings;
  const broken = weather.strike('bodies', 0.2, ['upload breaks off']) !== undefined;
  const value = broken ? history.lostValue(key) : history.newValue(key);
  const send: Asking = (store, signal) => {
    const announced = { ...headers, 'content-length': String(value.length) };
    return store.ask('PUT', key, { body: upload(value, broken, client.life), headers: announced, signal });
  };
  if (broken) await client.ask(send);
  else await client.write(key, { ...write, value }, send);
}

/** The gateway brings the source over before the target copies it. */
export async function copy(client: Client, key: string): Promise<void> {
  const { history, keys, weather, monitor } = client.surroundings;
  const source = weather.random.pick(keys.filter((other) => other !== key));
  const invoked = history.now();
  if (!(await client.bringOver(source))) return;
  const headers = { 'x-amz-copy-source': `target/${source}` };
  const answer = await client.ask((store, signal) => store.ask('PUT', key, { headers, signal }));
  if (answer?.status === 404) return client.recordRead(source, null, { invoked, returned: history.now() });
  const value = answer?.status === 200 ? copied(client, answer) : null;
  if (value === null) return client.record(key, { kind: 'copy', value, invoked, outcome: 'unknown' });
  const times = { invoked, returned: history.now() };
  monitor.acknowledges(key, value);
  client.recordRead(source, value, times);
  client.record(key, { kind: 'copy', value, ...times, outcome: 'done' });
}

function copied(client: Client, answer: Answer): string | null {
  const result = readCopyResult(answer.body);
  return 'error' in result ? null : client.surroundings.history.valueOf(result.etag);
}
