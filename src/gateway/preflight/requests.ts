import type { Counted } from '../../sweep/plan/count-objects.js';

/** How often one store is asked, by what it is asked for. */
export interface Requests {
  readonly list: number;
  readonly head: number;
  readonly get: number;
  readonly put: number;
  readonly delete: number;
}

export interface MigrationRequests {
  readonly source: Requests;
  readonly target: Requests;
}

export interface Wanted {
  readonly verify: 'checksum' | 'content';
  readonly deleteSource: boolean;
}

/** What a list call answers at most. */
const PAGE = 1_000;
/** So often each is listed: to plan passes, to copy, to verify, to see that both agree and that nothing is left. */
const LISTINGS = { source: 7, target: 5 };

/** About how many requests moving a bucket takes, as long as nothing fails and clients write nothing. */
export function requestsOf(
  { objects }: Pick<Counted, 'objects'>,
  { verify, deleteSource }: Wanted,
): MigrationRequests {
  const pages = Math.max(1, Math.ceil(objects / PAGE));
  const list = (times: number) => pages * (times + (deleteSource ? 1 : 0));
  const verified = verify === 'content' ? { head: 0, get: objects } : { head: objects, get: 0 };
  return {
    source: {
      list: list(LISTINGS.source),
      head: verified.head,
      get: objects + verified.get,
      put: 0,
      delete: deleteSource ? Math.ceil(objects / PAGE) : 0,
    },
    target: { list: list(LISTINGS.target), head: verified.head, get: verified.get, put: objects, delete: 0 },
  };
}

export const totalOf = (requests: Requests): number =>
  Object.values(requests).reduce((sum: number, count: number) => sum + count, 0);
