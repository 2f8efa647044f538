import { AsyncLocalStorage } from 'node:async_hooks';
import type { S3Service } from '../../../src/s3/message.js';
import { createShadowed } from '../../../src/shadow/shadowed.js';
import { type KeyView, Ledger } from '../../../src/state/ledger.js';
import { partsOf, REAL_RULES, type Rules } from '../rules.js';
import { CALM } from '../scenario.js';
import { CROWD, isRead, type Mutants, NOTHING_CONDITIONAL, notFound, withStores } from './mutant.js';

/** What one read, or one sweep of a key, has come to know. */
interface Seen {
  tombstone: boolean;
  token: boolean;
  shadow: boolean;
}

/** Reads that look no more, neither at the target nor for a tombstone, once they have seen what `enough` says. */
function lookingNoMore(enough: (seen: Seen) => boolean): Rules {
  const reading = new AsyncLocalStorage<Seen>();
  const note = (what: Partial<Seen>) => Object.assign(reading.getStore() ?? {}, what);
  const isOver = () => {
    const seen = reading.getStore();
    return seen !== undefined && enough(seen);
  };
  const begin = <T>(work: () => T) => reading.run({ tombstone: false, token: false, shadow: false }, work);

  class LooksNoMore extends Ledger {
    override async isDeleted(key: string): Promise<boolean> {
      if (isOver()) return false;
      const deleted = await super.isDeleted(key);
      if (deleted) note({ tombstone: true });
      return deleted;
    }

    override async openCopy(key: string): Promise<KeyView> {
      const view = await super.openCopy(key);
      note({ tombstone: view.deleted, token: view.token !== undefined });
      return view;
    }
  }

  return {
    ...REAL_RULES,
    ledger: (kv, clock) => new LooksNoMore(...partsOf(kv, clock)),
    shadowed: (options) => {
      const bucket = createShadowed({
        ...options,
        target: async (request) =>
          isOver() && isRead(request) ? notFound(request) : options.target(request),
        shadow: (request) => {
          note({ shadow: true });
          return options.shadow(request);
        },
      });
      const service: S3Service = (request) =>
        isRead(request) ? begin(() => bucket.service(request)) : bucket.service(request);
      return { ...bucket, service, migrate: (key, options) => begin(() => bucket.migrate(key, options)) };
    },
  };
}

/** A target that fails is taken for one that has no such object. */
const FALLS_BACK = withStores(({ target }) => ({
  target: async (request) => {
    const answer = await target(request);
    return answer.status === 503 && isRead(request) ? notFound(request) : answer;
  },
}));

export const READS: Mutants = {
  'does not look again after the shadow answered': {
    rules: lookingNoMore(({ shadow }) => shadow),
    where: { ...CROWD, rung: 'write-through' },
  },
  'does not look again in the target after it saw a tombstone': {
    rules: lookingNoMore(({ tombstone }) => tombstone),
    where: CROWD,
  },
  'does not look again in a target without conditional writes before it copies': {
    rules: lookingNoMore(({ token }) => token),
    where: { ...CROWD, rung: 'read-through', conditional: NOTHING_CONDITIONAL },
  },
  'takes a target that fails for one without the object': {
    rules: FALLS_BACK,
    where: { ...CROWD, troubles: { ...CALM, requests: 4 } },
  },
};
