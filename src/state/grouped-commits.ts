import type { Clock } from '../system/clock.js';
import { type Kv, type KvCheck, type KvCommit, type KvSet, writtenBy } from './kv.js';

/** Commits that go together at most, and keys that they write. */
const MAX_COMMITS = 256;
const MAX_KEYS = 1_024;
/** How long patient commits wait for others where many come, ms; and how many are enough. */
const GATHER_MS = 3;
const ENOUGH = 32;

interface Waiting {
  readonly commit: KvCommit;
  readonly isPatient: boolean;
  readonly resolve: (version: string | null) => void;
  readonly reject: (error: unknown) => void;
}

export interface GroupedCommits {
  readonly prompt: Kv;
  /** The same, for work that nobody waits for: where many commits come, they wait some milliseconds for others, so that fewer and larger groups are sent. */
  readonly patient: Kv;
}

/**
 * A state whose commits go together where many come at once: while one is under way those that come meanwhile are gathered, and sent as one with the checks of all. A group
 * of which a check does not hold is sent again one by one, so that each has its own answer; nothing of a group that failed so has applied. A group that was not answered may have applied: all
 * of its callers are told so.
 */
export function groupedCommits(kv: Kv, clock: Clock): GroupedCommits {
  let waiting: Waiting[] = [];
  let isUnderWay = false;
  let lastSize = 0;
  let hurry: (() => void) | undefined;

  async function sendAll(): Promise<void> {
    isUnderWay = true;
    while (waiting.length > 0) {
      if (mayGather()) await gathered();
      const { group, rest } = nextGroup(waiting);
      waiting = rest;
      lastSize = group.length;
      await send(group);
    }
    isUnderWay = false;
  }

  const mayGather = (): boolean =>
    lastSize > 1 && waiting.length < ENOUGH && waiting.every(({ isPatient }) => isPatient);

  /** Resolves when the time is over, or as soon as others do not wait. */
  const gathered = (): Promise<void> =>
    new Promise((resolve) => {
      const timer = clock.after(GATHER_MS, resolve);
      hurry = () => {
        timer.cancel();
        resolve();
      };
    });

  async function send(group: readonly Waiting[]): Promise<void> {
    const [first, ...others] = group;
    if (first && others.length === 0) return sendAlone(first);
    try {
      const version = await kv.commit(together(group));
      if (version === null) await Promise.all(group.map(sendAlone));
      else for (const { resolve } of group) resolve(version);
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }

  const sendAlone = ({ commit, resolve, reject }: Waiting): Promise<void> =>
    kv.commit(commit).then(resolve, reject);

  const committing = (isPatient: boolean): Kv => ({
    get: (key) => kv.get(key),
    getMany: (keys) => kv.getMany(keys),
    list: (range) => kv.list(range),
    watch: (prefix, onChange) => kv.watch(prefix, onChange),
    close: () => kv.close(),
    commit: (commit) =>
      new Promise((resolve, reject) => {
        waiting.push({ commit, isPatient, resolve, reject });
        if (!isUnderWay) void sendAll();
        else if (!mayGather()) hurry?.();
      }),
  });

  return { prompt: committing(false), patient: committing(true) };
}

/** Those from the first on that touch different keys; what has to wait for one of them waits with all behind it. */
function nextGroup(waiting: readonly Waiting[]): { group: Waiting[]; rest: Waiting[] } {
  const touched = new Set<string>();
  let count = 0;
  for (const { commit } of waiting) {
    const keys = keysOf(commit);
    const isFull = count >= MAX_COMMITS || touched.size + keys.length > MAX_KEYS;
    if (count > 0 && (isFull || keys.some((key) => touched.has(key)))) break;
    for (const key of keys) touched.add(key);
    count += 1;
  }
  return { group: waiting.slice(0, count), rest: waiting.slice(count) };
}

/** One that is checked and written is there twice. */
const keysOf = (commit: KvCommit): string[] => [
  ...(commit.checks ?? []).map(({ key }) => key),
  ...writtenBy(commit),
];

function together(group: readonly Waiting[]): KvCommit {
  const [checks, sets, deletes]: [KvCheck[], KvSet[], string[]] = [[], [], []];
  for (const { commit } of group) {
    checks.push(...(commit.checks ?? []));
    sets.push(...(commit.sets ?? []));
    deletes.push(...(commit.deletes ?? []));
  }
  return { checks, sets, deletes };
}
