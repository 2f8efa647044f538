import type { Kv } from '../../../src/state/kv.js';
import { type CopyToken, type KeyView, Ledger } from '../../../src/state/ledger.js';
import type { LedgerParts } from '../rules.js';
import {
  CROWD,
  forceRecord,
  type Mutants,
  NOTHING_CONDITIONAL,
  withLedger,
  withRecords,
  withStores,
} from './mutant.js';

class CommitsWithoutToken extends Ledger {
  override async beginCommit(): Promise<boolean> {
    return true;
  }
}

/** The token is only registered when the copy is about to be committed: long after the shadow was read. */
class GivesTokensLate extends Ledger {
  override async openCopy(key: string): Promise<KeyView> {
    const deleted = await this.isDeleted(key);
    return deleted ? { deleted } : { deleted, token: { key, id: 'none yet' } };
  }

  override async beginCommit({ key }: CopyToken): Promise<boolean> {
    const { token } = await super.openCopy(key);
    return token !== undefined && super.beginCommit(token);
  }
}

/** A copy is registered although a writer is at work, who can no longer void it. */
class RegistersBesideWriters extends Ledger {
  readonly #pairs: Kv;

  constructor(...parts: LedgerParts) {
    super(...parts);
    [this.#pairs] = parts;
  }

  override async openCopy(key: string): Promise<KeyView> {
    const view = await super.openCopy(key);
    if (view.deleted || view.token) return view;
    const id = `beside ${this.clock.now()}`;
    const copy = { id, state: 'valid' as const, until: Number.MAX_SAFE_INTEGER, epoch: 0 };
    await forceRecord(this.#pairs, key, (record) => ({ ...record, copies: [...record.copies, copy] }));
    return { deleted: false, token: { key, id } };
  }
}

/** What a sweep has read is committed although something is known of its key, as that it is deleted. */
class CommitsWhatIsKnown extends Ledger {
  readonly #pairs: Kv;

  constructor(...parts: LedgerParts) {
    super(...parts);
    [this.#pairs] = parts;
  }

  override async commitUnknown(token: CopyToken, readSince: number): Promise<boolean> {
    if (await super.commitUnknown(token, readSince)) return true;
    const copy = { id: token.id, state: 'committing' as const, until: Number.MAX_SAFE_INTEGER, epoch: 0 };
    await forceRecord(this.#pairs, token.key, (record) => ({ ...record, copies: [...record.copies, copy] }));
    return true;
  }
}

const NEVER_VOID = withRecords({
  stored: (record) => ({
    ...record,
    copies: record.copies.map((copy) => (copy.state === 'void' ? { ...copy, state: 'valid' } : copy)),
  }),
});

const NOT_WAITED_FOR = withRecords({
  found: (record) => ({
    ...record,
    copies: record.copies.map((copy) => (copy.state === 'committing' ? { ...copy, state: 'valid' } : copy)),
  }),
});

/** The target replaces what clients wrote meanwhile when it copies by itself, and nobody has found that out. */
const COPIES_OVER_OTHERS = withStores(({ target }) => ({
  target: (request) => {
    const { 'if-none-match': _, ...headers } = request.headers;
    return target(request.operation === 'CopyObject' ? { ...request, headers } : request);
  },
}));

export const COPIES: Mutants = {
  'commits a copy without its token': { rules: withLedger(CommitsWithoutToken), where: CROWD },
  'gives the token after the shadow was read': { rules: withLedger(GivesTokensLate) },
  'commits what a sweep has read of a key that was deleted since': {
    rules: withLedger(CommitsWhatIsKnown),
    where: { ...CROWD, rung: 'read-through' },
  },
  'registers a copy beside a writer': {
    rules: withLedger(RegistersBesideWriters),
    where: { ...CROWD, rung: 'read-through', conditional: NOTHING_CONDITIONAL },
  },
  'does not void the tokens of copies under way': { rules: NEVER_VOID, where: CROWD },
  'has the target copy by itself over what clients wrote': {
    rules: COPIES_OVER_OTHERS,
    where: {
      ...CROWD,
      rung: 'read-through',
      isOneStore: true,
      conditional: { put: true, complete: false, match: true, copy: true },
      deeds: ['get', 'put', 'sweep'],
    },
  },
  'does not wait for a copy that is being committed': { rules: NOT_WAITED_FOR, where: CROWD },
};
