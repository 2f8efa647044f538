import { firstUnexplained } from './checker.js';
import type { History, WitnessedOperation } from './history.js';
import { withoutLostEntries } from './lost-entries.js';
import { shortestWindow } from './window.js';
import type { World } from './world.js';

export interface Violation {
  readonly key: string;
  readonly what: string;
  /** The operations that show it. */
  readonly window: readonly WitnessedOperation[];
  /** All operations on the key. */
  readonly history: readonly WitnessedOperation[];
}

interface Judged {
  readonly world: World;
  readonly history: History;
  /** Whether the shadow was written to from the beginning. */
  readonly isMirrored: boolean;
  /** What the key was before the first operation. */
  readonly initial: string | null;
}

/** What is wrong with one key: with what clients saw of it, or with what the stores have in the end. */
export async function judgeKey(key: string, judged: Judged): Promise<Violation[]> {
  const history = judged.history.of(key);
  const operations = judged.isMirrored ? history : withoutLostEntries(history);
  const beginning = { initial: [judged.initial], everyValue: judged.history.values.names };
  const unexplained = firstUnexplained(operations, beginning);
  const found: Violation[] = [];
  if (unexplained) {
    const window = shortestWindow(operations, unexplained, beginning);
    found.push({
      key,
      what: `what clients saw has no order: ${unexplained.kind}`,
      window,
      history,
    });
  }
  const apart = await whereApart(key, judged);
  if (apart !== undefined) found.push({ key, what: apart, window: history.slice(-8), history });
  return found;
}

/** Once all is settled clients see what the target has; with write-through the shadow has it too; and what is deleted is nowhere. */
async function whereApart(key: string, { world, history, isMirrored }: Judged): Promise<string | undefined> {
  const [inTarget, inShadow] = [await contentIn('target'), await contentIn('shadow')];
  const seen = history.of(key).findLast(({ kind }) => kind === 'get')?.value ?? null;
  const isServed = seen === (inTarget ?? inShadow) || (seen === null && inTarget === null);
  const isGone = seen !== null || inShadow === null;
  const isAlike = !isMirrored || inShadow === seen;
  if (isServed && isGone && isAlike) return undefined;
  return `the target has ${inTarget}, the shadow ${inShadow}, clients see ${seen}`;

  async function contentIn(side: 'target' | 'shadow'): Promise<string | null> {
    const { status, body } = await world.stores[side].ask('GET', key);
    if (status === 404) return null;
    if (status !== 200) throw new Error(`the ${side} itself answers ${status} to GET of ${key}`);
    return history.values.ofBody(body);
  }
}
