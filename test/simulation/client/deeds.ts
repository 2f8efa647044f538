import type { Client } from './client.js';
import { remove, removeAll, removeIfMatch } from './deletes.js';
import { get, head, list, range } from './reads.js';
import { renew } from './renew.js';
import { rest } from './rest.js';
import { abortUpload, putCopiedPart, putInParts } from './uploads.js';
import { copy, put, putIfAbsent, putIfMatch } from './writes.js';

interface Deed {
  run(client: Client, key: string): Promise<void>;
  /** How often it is done, where others are done once. */
  readonly weight?: number;
  readonly needs?: 'two keys';
  /** It concerns all keys, whichever it was done for. */
  readonly of?: 'all keys' | 'no key';
  /** Done only where a scenario names it. */
  readonly isRare?: true;
}

/** What clients do, and the sweep. */
export const DEEDS = {
  get: { run: get, weight: 2 },
  head: { run: head },
  range: { run: range },
  list: { run: list, of: 'all keys' },
  sweep: { run: sweep },
  put: { run: put, weight: 2 },
  'put-if-absent': { run: putIfAbsent },
  'put-if-match': { run: putIfMatch },
  'put in parts': { run: putInParts },
  'put a copied part': { run: putCopiedPart, needs: 'two keys' },
  'abort an upload': { run: abortUpload },
  copy: { run: copy, needs: 'two keys' },
  delete: { run: remove },
  'delete-if-match': { run: removeIfMatch },
  'delete all': { run: removeAll, of: 'all keys' },
  rest: { run: rest, of: 'no key' },
  renew: { run: renew, isRare: true },
} as const satisfies Readonly<Record<string, Deed>>;

export type DeedName = keyof typeof DEEDS;

const isRare = (deed: Deed): boolean => deed.isRare === true;

export const DEED_NAMES = (Object.keys(DEEDS) as DeedName[]).filter((name) => !isRare(DEEDS[name]));

/** Those of `names` that can be done with so many keys, each as often as its weight. */
export function choices(names: readonly DeedName[], keys: number): DeedName[] {
  return names.flatMap((name) => {
    const { weight = 1, needs }: Deed = DEEDS[name];
    return needs === 'two keys' && keys < 2 ? [] : Array<DeedName>(weight).fill(name);
  });
}

/** The keys that a deed done for `key` concerns. */
export function keysOf(name: DeedName, key: string, all: readonly string[]): readonly string[] {
  const { of }: Deed = DEEDS[name];
  return of === 'all keys' ? all : of === 'no key' ? [] : [key];
}

/** As a listing shows an object that the sweep reads in ranges, if it goes in parts, and one that a store may copy by itself. */
const LARGE = { size: 64 * 1024 * 1024, etag: `"${'0'.repeat(32)}-2"` };
const SMALL = { size: 1, etag: `"${'0'.repeat(32)}"` };
const LISTED = [LARGE, LARGE, SMALL, SMALL, undefined];

/** Now and then by a listing of the target, which may be old by the time that the copy begins. */
async function sweep(client: Client, key: string): Promise<void> {
  const { history, monitor, weather } = client.surroundings;
  const listed = monitor.has('target', key) ? undefined : LISTED[history.now() % LISTED.length];
  await weather.scheduler.pause();
  await client.unlessDead(client.bucket.migrate(key, { listed }));
}
