import type { Database } from 'lmdb';

/** Commits that the log remembers. A watcher polls many times in the time that these take. */
const KEPT_COMMITS = 4_096;

/**
 * The newest commits by version, each with the keys that it wrote: what lets one process see what another one
 * changed. Versions are the whole numbers from 1 on, without gaps.
 */
export class LmdbChanges {
  constructor(private readonly commits: Database<readonly string[], number>) {}

  /** The version of the newest commit; 0 before the first. */
  newest(): number {
    for (const version of this.commits.getKeys({ reverse: true, limit: 1 })) return version;
    return 0;
  }

  /** Within a write transaction only. */
  append(version: number, keys: readonly string[]): void {
    this.commits.putSync(version, keys);
    this.commits.removeSync(version - KEPT_COMMITS);
  }

  /** The keys that changed after the commit `version`, each once; null when the log no longer reaches back so far. */
  since(version: number): ReadonlySet<string> | null {
    const keys = new Set<string>();
    let expected = version + 1;
    for (const { key, value } of this.commits.getRange({ start: expected })) {
      if (key !== expected) return null;
      for (const changed of value) keys.add(changed);
      expected += 1;
    }
    return keys;
  }
}
