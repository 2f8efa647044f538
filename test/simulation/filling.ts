import { readInitiateResult, writeComplete } from '../../src/s3/xml/multipart.js';
import type { StoreClient } from '../support/store-client.js';
import type { History } from './history.js';
import type { Side } from './monitor.js';
import type { Random } from './random.js';

interface Empty {
  readonly keys: readonly string[];
  readonly history: History;
  store(side: Side): StoreClient;
}

/** Gives each key an object in the target, in the shadow, in both, or nowhere; tells what clients see of it. */
export async function fillStores(
  world: Empty,
  random: Random,
  { seesShadow }: { readonly seesShadow: boolean },
): Promise<Map<string, string | null>> {
  const initial = new Map<string, string | null>();
  for (const key of world.keys) {
    const where = random.pick(['shadow', 'shadow', 'target', 'both', 'none']);
    const value = where === 'none' ? null : world.history.know(`initial ${key}`);
    initial.set(key, where === 'shadow' && !seesShadow ? null : value);
    if (value === null) continue;
    const fill = random.chance(0.3) ? fillInParts : fillAtOnce;
    if (where !== 'shadow') await fill(world.store('target'), key, value);
    if (where !== 'target') await fill(world.store('shadow'), key, value);
  }
  return initial;
}

async function fillAtOnce(store: StoreClient, key: string, value: string): Promise<void> {
  await store.put(key, value);
}

async function fillInParts(store: StoreClient, key: string, value: string): Promise<void> {
  const { uploadId } = readInitiateResult((await store.ask('POST', key, { query: 'uploads' })).body);
  const part = await store.ask('PUT', key, { query: `partNumber=1&uploadId=${uploadId}`, body: value });
  const body = writeComplete([{ partNumber: 1, etag: part.headers.etag ?? '' }]);
  await store.ask('POST', key, { query: `uploadId=${uploadId}`, body });
}
