import { readListing } from '../../src/s3/xml/listing.js';
import { TELLING_BYTES } from './values.js';
import { isDone, type Witness } from './witness.js';

export function get(witness: Witness, key: string): Promise<void> {
  const { values } = witness.history;
  return witness.read(
    'get',
    key,
    (client, signal) => client.ask('GET', key, { signal }),
    ({ body }) => values.ofBody(body),
  );
}

export function head(witness: Witness, key: string): Promise<void> {
  const { values } = witness.history;
  return witness.read(
    'head',
    key,
    (client, signal) => client.ask('HEAD', key, { signal }),
    ({ headers }) => values.ofETag(headers.etag ?? ''),
  );
}

export function getRange(witness: Witness, key: string): Promise<void> {
  const { values } = witness.history;
  const start = witness.random.below(64);
  const headers = { range: `bytes=${start}-${start + TELLING_BYTES - 1}` };
  return witness.read(
    'get range',
    key,
    (client, signal) => client.ask('GET', key, { headers, signal }),
    ({ body }) => values.ofPiece(body, start),
  );
}

/** A page of a listing tells of every key that it covers what a read would. */
export async function list(witness: Witness): Promise<void> {
  const { history, random, surroundings } = witness;
  const after = random.chance(0.5) ? '' : random.pick(surroundings.keys);
  const size = random.pick([1_000, 50, 10]);
  const place = random.pick(['list-type=2&start-after', 'marker']);
  const query = `${place}=${after}&max-keys=${size}`;
  const { heard, ...times } = await witness.timed((client, signal) =>
    client.ask('GET', '', { query, signal }),
  );
  witness.count('list', witness.outcomeOf('list', heard));
  if (!isDone(heard)) return;
  const page = readListing(heard.body);
  const etags = new Map(page.objects.map(({ key, etag }) => [key, etag]));
  const last = page.isTruncated ? page.objects.at(-1)?.key : surroundings.keys.at(-1);
  for (const key of surroundings.keys.filter((one) => one > after && one <= (last ?? after))) {
    const etag = etags.get(key);
    witness.noteRead('list', key, etag === undefined ? null : history.values.ofETag(etag), times);
  }
}
