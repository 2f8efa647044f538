import { readListing } from '../../../src/s3/xml/listing.js';
import { readVersions } from '../../../src/s3/xml/versions.js';
import type { Answer } from '../../support/store-client.js';
import type { Client, Heard } from './client.js';

/** Of the object, or of the version that stands for it in stores that count none. */
export function get(client: Client, key: string): Promise<void> {
  const query = client.surroundings.history.now() % 4 === 0 ? 'versionId=null' : '';
  return read(client, key, { method: 'GET', query, valueIn: ({ text }) => text });
}

export function head(client: Client, key: string): Promise<void> {
  const { history } = client.surroundings;
  return read(client, key, { method: 'HEAD', valueIn: ({ headers }) => history.valueOf(headers.etag ?? '') });
}

export function range(client: Client, key: string): Promise<void> {
  const { history } = client.surroundings;
  const headers = { range: 'bytes=2-' };
  return read(client, key, { method: 'GET', headers, valueIn: ({ text }) => history.valueEnding(text) });
}

/** Of objects, or of their versions: in stores that count none each object is one. */
export const list = (client: Client): Promise<void> =>
  client.surroundings.history.now() % 2 === 0
    ? readList(client, 'list-type=2', (body) => readListing(body).objects)
    : readList(client, 'versions', versionsIn);

const versionsIn = (body: Buffer): Listed =>
  readVersions(body).versions.flatMap((version) => (version.deleteMarker ? [] : version));

type Listed = readonly { readonly key: string; readonly etag: string }[];

/** A listing tells of every key what a read would. */
async function readList(client: Client, query: string, listedIn: (body: Buffer) => Listed): Promise<void> {
  const { history, keys, monitor, tally } = client.surroundings;
  const invoked = history.now();
  const answer = await client.ask((store, signal) => store.ask('GET', '', { query, signal }));
  if (answer?.status !== 200) return;
  const listed = new Map(listedIn(answer.body).map(({ key, etag }) => [key, etag]));
  const returned = history.now();
  for (const key of keys) {
    const etag = listed.get(key);
    if (etag === undefined && monitor.has('shadow', key)) tally.count('rule', 'tombstone hid a listed key');
    const value = etag === undefined ? null : history.valueOf(etag);
    client.recordRead(key, value, { invoked, returned });
  }
}

interface Reading {
  readonly method: 'GET' | 'HEAD';
  readonly query?: string;
  readonly headers?: Record<string, string>;
  readonly valueIn: (answer: Answer) => string;
}

async function read(
  client: Client,
  key: string,
  { method, query = '', headers = {}, valueIn }: Reading,
): Promise<void> {
  const { history } = client.surroundings;
  const invoked = history.now();
  const answer = await client.ask((store, signal) => store.ask(method, key, { query, headers, signal }));
  if (!answer || !tellsOfObject(answer, method)) return;
  const isThere = answer.status !== 404;
  countRule(client, key, answer);
  if (isThere) history.see(key, answer.headers.etag ?? '');
  client.recordRead(key, isThere ? valueIn(answer) : null, { invoked, returned: history.now() });
}

/** A body that is not as long as announced is none: HTTP clients notice. */
function tellsOfObject({ status, headers, body }: Answer, method: 'GET' | 'HEAD'): boolean {
  if (status === 404) return true;
  if (status !== 200 && status !== 206) return false;
  return method === 'HEAD' || Number(headers['content-length']) === body.length;
}

/** Which rule of READ gave an answer that neither store gave by itself. */
function countRule(client: Client, key: string, { mark, status, headers }: Heard): void {
  const { monitor, tally } = client.surroundings;
  const asked = monitor.wasAnsweredByShadow(mark);
  if (status !== 404 && asked && headers['x-penumbra-source'] === 'target')
    tally.count('rule', 'second look found a newer object');
  if (status === 404 && asked) tally.count('rule', 'second look found a delete');
  if (status === 404 && !asked && monitor.has('shadow', key)) tally.count('rule', 'tombstone hid the shadow');
}
