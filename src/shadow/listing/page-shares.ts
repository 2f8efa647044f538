import { MAX_PAGE } from './store-page.js';

/** So many entries a store is asked for, at most, for one page of the view. */
export interface PageShare {
  readonly shadow: number;
  readonly target: number;
}

/** What a page of the view was made of. */
export interface MergedFrom extends PageShare {
  /** What is left once names that both have are one, and deleted ones are gone. */
  readonly visible: number;
}

/** Beyond the share, so that a page seldom comes short where keys are strewn over both stores. */
const SLACK = 1.1;
const SLACK_ENTRIES = 30;

/** Of fewer entries nothing can be learnt. */
const TELLING = MAX_PAGE / 10;

/**
 * What part of a page of the view came from each store of late. If each has half of the keys, and is asked for a whole page, half of what they list is read in vain and
 * again for the next page. A guess that is wrong costs another look, no key.
 */
export class PageShares {
  #last: PageShare = { shadow: 1, target: 1 };

  /** What to ask for, so that a page has `maxKeys` entries. */
  of(maxKeys: number): PageShare {
    const entries = (share: number) => Math.min(maxKeys, Math.ceil(maxKeys * share * SLACK) + SLACK_ENTRIES);
    return { shadow: entries(this.#last.shadow), target: entries(this.#last.target) };
  }

  note({ shadow, target, visible }: MergedFrom): void {
    if (visible >= TELLING) this.#last = { shadow: shadow / visible, target: target / visible };
  }
}
