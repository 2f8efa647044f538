import { createHash } from 'node:crypto';
import { type Finding, isOver, type Pass, type Range } from '../../state/passes/pass-record.js';
import type { FindingPage, Passes } from '../../state/passes/passes.js';
import { newRange } from './run-range.js';
import { rangeOfPage } from './tracker.js';

/** Which failures. */
type Wanted = (key: string) => boolean;

/** Has failures tried again, page by page. Resolves to how many; those that are tried again already are not among them. @throws KvUnavailable */
export async function retryFailed(passes: Passes, pass: Pass, isWanted: Wanted): Promise<number> {
  let count = 0;
  for await (const page of passes.findings(pass)) {
    if (failuresOf(page, isWanted).length === 0) continue;
    const range = await passes.extend(pass, async (found) => {
      const range = await retryRange(passes, found, { id: page.id, isWanted });
      return range && { pass: longer(found), range };
    });
    count += range?.planned ?? 0;
  }
  return count;
}

const failuresOf = ({ findings }: FindingPage, isWanted: Wanted): readonly Finding[] =>
  findings.filter(({ what, key }) => what === 'failed' && isWanted(key));

/** Of a page as it is now. It may have several such ranges, each of other keys: a key in two would count twice. */
async function retryRange(
  passes: Passes,
  pass: Pass,
  { id, isWanted }: { readonly id: string; readonly isWanted: Wanted },
): Promise<Range | undefined> {
  // Whoever goes through a range still writes its pages.
  if (await passes.range({ ...pass, range: rangeOfPage(id) })) return undefined;
  const retries = `retry-${digestOf(id)}-`;
  const underWay = new Set<string>();
  for await (const { keys = [] } of passes.ranges(pass, retries))
    for (const { key } of keys) underWay.add(key);
  const failed = failuresOf(await passes.findingPage(pass, id), (key) => isWanted(key) && !underWay.has(key));
  if (failed.length === 0) return undefined;
  return newRange({
    // What fails again is on a page of its own: no other range may ever have this id, and it must not grow with each retry.
    id: `${retries}${digestOf(...failed.map(({ key }) => key))}`,
    planned: failed.length,
    page: id,
    keys: failed.map(({ key, bytes, attempts }) => ({ key, size: bytes, attempts })),
  });
}

const digestOf = (...names: readonly string[]): string =>
  createHash('sha256').update(names.join('\0')).digest('hex').slice(0, 32);

/** One that was over goes on. */
const longer = (pass: Pass): Pass => ({
  ...pass,
  plan: { ...pass.plan, ranges: pass.plan.ranges + 1 },
  ...(isOver(pass) && { state: 'running' as const, finishedAt: undefined }),
});
