import { readInitiateResult, writeComplete } from '../../src/s3/xml/multipart.js';
import type { Random } from '../simulation/random.js';
import type { StoreClient } from '../support/store-client.js';
import type { Content, Values } from './values.js';

const KIB = 1024;

interface Filling {
  readonly keys: readonly string[];
  readonly values: Values;
  readonly random: Random;
}

/** Gives most keys an object in the old bucket; tells of each key what it has. */
export async function fillShadow(
  store: StoreClient,
  { keys, values, random }: Filling,
): Promise<Map<string, string | null>> {
  const initial = new Map<string, string | null>(keys.map((key) => [key, null]));
  for (const key of keys.filter(() => random.chance(0.75))) {
    const content = values.make(random.chance(0.1) ? 2 * KIB * KIB : 300 + random.below(20 * KIB));
    if (random.chance(0.2)) await putInOnePart(store, key, content);
    else await store.put(key, content.body);
    initial.set(key, content.name);
  }
  return initial;
}

async function putInOnePart(store: StoreClient, key: string, { body }: Content): Promise<void> {
  const { uploadId } = readInitiateResult((await store.ask('POST', key, { query: 'uploads' })).body);
  const part = await store.ask('PUT', key, { query: `partNumber=1&uploadId=${uploadId}`, body });
  const completion = writeComplete([{ partNumber: 1, etag: part.headers.etag ?? '' }]);
  await store.ask('POST', key, { query: `uploadId=${uploadId}`, body: completion });
}
