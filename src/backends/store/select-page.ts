import { afterPrefix, commonPrefixOf, compareKeys } from '../../s3/keys.js';
import type { Table } from './persistence.js';

export interface Selection<Row> {
  readonly prefix: string;
  /** '' for none. */
  readonly delimiter: string;
  /** Nothing below it is in the page; what begins with it may be. */
  readonly from: string;
  /** Whether an entry is after the page before. */
  includes(name: string, row: Row | undefined): boolean;
  readonly limit: number;
}

/** A key with its row, or a common prefix, which has none. */
export interface Entry<Row> {
  readonly name: string;
  readonly row?: Row;
}

export interface SelectedPage<Row> {
  readonly rows: readonly { name: string; row: Row }[];
  readonly commonPrefixes: readonly string[];
  readonly isTruncated: boolean;
  /** The last entry of a page that others follow. */
  readonly last?: Entry<Row>;
}

/** The entries after `after`, whichever of keys and common prefixes they are. */
export function entriesAfter(after: string): { from: string; includes(name: string): boolean } {
  return { from: after, includes: (name) => compareKeys(name, after) > 0 };
}

/** One page of a listing: keys, and in place of the keys that share it each common prefix (AWS, ListObjectsV2). */
export function selectPage<Row>(
  table: Pick<Table<Row>, 'range'>,
  selection: Selection<Row>,
): SelectedPage<Row> {
  const entries: Entry<Row>[] = [];
  if (selection.limit > 0) {
    for (const entry of entriesOf(table, selection)) {
      if (entries.length === selection.limit) return pageOf(entries, true);
      entries.push(entry);
    }
  }
  return pageOf(entries, false);
}

/** Skips over the keys of a common prefix, however many they are. */
function* entriesOf<Row>(
  table: Pick<Table<Row>, 'range'>,
  { prefix, delimiter, from, includes }: Selection<Row>,
): Generator<Entry<Row>> {
  let seek: string | undefined = compareKeys(prefix, from) > 0 ? prefix : from;
  while (seek !== undefined) {
    const start: string = seek;
    seek = undefined;
    for (const [name, row] of table.range(start)) {
      if (!name.startsWith(prefix)) return;
      const common = commonPrefixOf(name, prefix, delimiter);
      if (common !== undefined) {
        if (includes(common, undefined)) yield { name: common };
        seek = afterPrefix(common);
        break;
      }
      if (includes(name, row)) yield { name, row };
    }
  }
}

function pageOf<Row>(entries: readonly Entry<Row>[], isTruncated: boolean): SelectedPage<Row> {
  const rows: { name: string; row: Row }[] = [];
  const commonPrefixes: string[] = [];
  for (const { name, row } of entries) {
    if (row === undefined) commonPrefixes.push(name);
    else rows.push({ name, row });
  }
  const last = entries.at(-1);
  return { rows, commonPrefixes, isTruncated, ...(isTruncated && last && { last }) };
}
