import { dueAt, EMPTY_RECORD, isEmpty, type KeyRecord, keyRecordSchema, lastsUntil } from './key-record.js';
import type { KvCommit, KvEntry } from './kv.js';

/** A key's record, and the version that it has in the state: null where it is not there. */
export interface StoredRecord {
  readonly record: KeyRecord;
  readonly version: string | null;
}

export const NOT_STORED: StoredRecord = { record: EMPTY_RECORD, version: null };

export const readStored = (entry: KvEntry | null | undefined): StoredRecord =>
  entry ? { record: keyRecordSchema.parse(JSON.parse(entry.value)), version: entry.version } : NOT_STORED;

/** Of the keys of one bucket: their records; an index of those that recovery has to look at, and when. */
export const recordKey = (bucketId: string, key: string): string => `key/${bucketId}/${key}`;
export const openKey = (bucketId: string, key: string): string => `open/${bucketId}/${key}`;

/** An index of the tombstones by the time from which their shadow has been empty, in the order of that time. */
export const emptiedKey = (bucketId: string, since: number, key: string): string =>
  `${emptiedUntil(bucketId, since)}/${key}`;

/** Before all entries of a later time. */
export const emptiedUntil = (bucketId: string, since: number): string =>
  `emptied/${bucketId}/${String(since).padStart(15, '0')}`;

/** The commit that puts `next` in the place of what was read, in the record and in both indexes. */
export function replacing(
  bucketId: string,
  key: string,
  { stored, next, now }: { readonly stored: StoredRecord; readonly next: KeyRecord; readonly now: number },
): Required<KvCommit> {
  const at = recordKey(bucketId, key);
  const wanted: Entry[] = isEmpty(next) ? [] : [[at, JSON.stringify(next)], ...indexed(bucketId, key, next)];
  const until = lastsUntil(next);
  const expireIn = until === undefined ? undefined : Math.max(1, until - now);
  const present = [at, ...namesOf(indexed(bucketId, key, stored.record))];
  const kept = namesOf(wanted);
  return {
    checks: [{ key: at, version: stored.version }],
    sets: wanted.map(([key, value]) => (expireIn === undefined ? { key, value } : { key, value, expireIn })),
    deletes: present.filter((name) => !kept.includes(name)),
  };
}

/** Not properties of an object: each name of a key would stay in the tables of the engine. */
type Entry = readonly [key: string, value: string];

const namesOf = (entries: readonly Entry[]): string[] => entries.map(([name]) => name);

function indexed(bucketId: string, key: string, record: KeyRecord): Entry[] {
  const due = dueAt(record);
  const emptySince = record.tombstone?.emptySince;
  const entries: Entry[] = [];
  if (due !== undefined) entries.push([openKey(bucketId, key), String(due)]);
  if (emptySince !== undefined) entries.push([emptiedKey(bucketId, emptySince, key), '']);
  return entries;
}
