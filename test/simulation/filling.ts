import { type CompletedPart, readInitiateResult, writeComplete } from '../../src/s3/xml/multipart.js';
import { provenance } from '../../src/shadow/copying/provenance.js';
import type { StoreClient } from '../support/store-client.js';
import { etagOf, type History } from './history.js';
import type { Side } from './monitor.js';
import type { Random } from './random.js';
import { FROM } from './record.js';

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
    const fill = random.chance(0.5) ? fillInParts : fillAtOnce;
    const parts = cut(value, 1 + random.below(MAX_PARTS));
    world.history.know(value, parts);
    if (where !== 'shadow') await fill(world.store('target'), key, parts);
    if (where !== 'target') await fill(world.store('shadow'), key, parts);
  }
  return initial;
}

/** Each key has a copy in the target, and in the shadow what was written after it was copied, which clients do not see. */
export async function fillDrifted(world: Empty): Promise<Map<string, string | null>> {
  const initial = new Map<string, string | null>();
  for (const key of world.keys) {
    const value = world.history.know(`copied ${key}`);
    initial.set(key, value);
    const copied = { key, etag: etagOf(value), headers: {} };
    const [told] = provenance(copied, {}, { as: 'sweep', gateway: 'gone', from: FROM });
    if (!told || !('headers' in told)) throw new RangeError('there is room for provenance');
    await world.store('target').put(key, value, told.headers);
    await world.store('shadow').put(key, world.history.know(`drifted ${key}`));
  }
  return initial;
}

const MAX_PARTS = 3;

/** So many parts, of which the last is the longest: a source tells the size of each. */
function cut(value: string, parts: number): string[] {
  const length = Math.floor(value.length / parts);
  return Array.from({ length: parts }, (_, index) =>
    value.slice(index * length, index === parts - 1 ? undefined : (index + 1) * length),
  );
}

async function fillAtOnce(store: StoreClient, key: string, parts: readonly string[]): Promise<void> {
  await store.put(key, parts.join(''));
}

async function fillInParts(store: StoreClient, key: string, parts: readonly string[]): Promise<void> {
  const { uploadId } = readInitiateResult((await store.ask('POST', key, { query: 'uploads' })).body);
  const sent: CompletedPart[] = [];
  for (const [index, body] of parts.entries()) {
    const partNumber = index + 1;
    const part = await store.ask('PUT', key, {
      query: `partNumber=${partNumber}&uploadId=${uploadId}`,
      body,
    });
    sent.push({ partNumber, etag: part.headers.etag ?? '' });
  }
  await store.ask('POST', key, { query: `uploadId=${uploadId}`, body: writeComplete(sent) });
}
