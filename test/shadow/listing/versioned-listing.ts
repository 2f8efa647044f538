import { compareKeys } from '../../../src/s3/keys.js';
import type { S3Filter } from '../../../src/s3/message.js';
import { parseVersionsQuery, type VersionLine, writeVersions } from '../../../src/s3/xml/versions.js';

/** What a store has of each key, the newest first. */
export type Histories = ReadonlyMap<string, readonly VersionLine[]>;

/** A version, or a common prefix. */
export interface VersionsEntry {
  readonly name: string;
  readonly version?: VersionLine;
}

/** What S3 lists of these histories, in one page. */
export function linesOf(histories: Histories, prefix: string, delimiter: string): VersionsEntry[] {
  const lines: VersionsEntry[] = [];
  const keys = [...histories.keys()].filter((key) => key.startsWith(prefix)).sort(compareKeys);
  for (const key of keys) {
    const at = delimiter ? key.indexOf(delimiter, prefix.length) : -1;
    const name = at < 0 ? key : key.slice(0, at + delimiter.length);
    if (at < 0) lines.push(...(histories.get(key) ?? []).map((version) => ({ name, version })));
    else if (lines.at(-1)?.name !== name || lines.at(-1)?.version) lines.push({ name });
  }
  return lines.sort((a, b) => compareKeys(a.name, b.name));
}

export interface StoreHabits {
  /** It takes a key-marker without a version for the beginning of the key, as Ceph does. */
  readonly ceph: boolean;
  /** It gives no more lines than these, as S3 may. */
  readonly most: number;
}

/** A store whose listing of versions shows these histories. */
export const withHistories =
  (histories: Histories, { ceph, most }: StoreHabits): S3Filter =>
  (service) =>
  async (request) => {
    if (request.operation !== 'ListObjectVersions') return service(request);
    const query = parseVersionsQuery(request);
    const { keyMarker, versionIdMarker, maxKeys } = query;
    const all = linesOf(histories, query.prefix, query.delimiter);
    const lines = all.slice(positionAfter(all, { keyMarker, versionIdMarker, ceph }));
    const page = lines.slice(0, Math.min(maxKeys, most));
    const last = page.at(-1);
    const isTruncated = last !== undefined && lines.length > page.length;
    const document = writeVersions('t', query, {
      versions: page.flatMap(({ version }) => version ?? []),
      commonPrefixes: page.filter(({ version }) => !version).map(({ name }) => name),
      isTruncated,
      ...(isTruncated && { nextKeyMarker: last.name }),
      ...(isTruncated && last.version && { nextVersionIdMarker: last.version.versionId }),
    });
    return { status: 200, headers: {}, body: Buffer.from(document) };
  };

function positionAfter(
  lines: readonly VersionsEntry[],
  { keyMarker, versionIdMarker, ceph }: { keyMarker: string; versionIdMarker: string; ceph: boolean },
): number {
  const named = lines.findIndex(
    ({ name, version }) => name === keyMarker && version?.versionId === versionIdMarker,
  );
  if (named >= 0) return named + 1;
  const isBefore = ({ name, version }: VersionsEntry) => {
    const order = compareKeys(name, keyMarker);
    return keyMarker !== '' && (order < 0 || (order === 0 && !(ceph && versionIdMarker === '' && version)));
  };
  return lines.filter(isBefore).length;
}
