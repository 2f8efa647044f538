import type { Kv } from '../../../src/state/kv.js';
import { Ledger, type WriteIntent } from '../../../src/state/ledger.js';
import type { LedgerParts } from '../rules.js';
import { CALM } from '../scenario.js';
import { CROWD, forceRecord, type Mutants, NOTHING_CONDITIONAL, withLedger } from './mutant.js';

class SharesEveryIntent extends Ledger {
  override openIntent(...[key, , options]: Parameters<Ledger['openIntent']>): Promise<WriteIntent> {
    return super.openIntent(key, 'shared', options);
  }
}

export class HoldsNoIntent extends Ledger {
  override async openIntent(...args: Parameters<Ledger['openIntent']>): Promise<WriteIntent> {
    const intent = await super.openIntent(...args);
    await super.closeIntent(intent);
    return intent;
  }
}

/** Whoever is done closes what is open, be it another's. */
class ClosesAll extends Ledger {
  readonly #pairs: Kv;

  constructor(...parts: LedgerParts) {
    super(...parts);
    [this.#pairs] = parts;
  }

  override async closeIntent({ key }: WriteIntent): Promise<void> {
    await forceRecord(this.#pairs, key, (record) => ({ ...record, intents: [] }));
  }
}

/** A delete that was away for longer than its lease sets its tombstone as if nobody had been there meanwhile. */
class BuriesWithoutIntent extends Ledger {
  override async buryAndClose(
    ...[intent, shadowDelete]: Parameters<Ledger['buryAndClose']>
  ): Promise<boolean> {
    await this.bury(intent.key, shadowDelete);
    await this.closeIntent(intent);
    return true;
  }
}

/** However long a writer was away, it goes on. */
class ReleasesLate extends Ledger {
  override outlastsRequest(): boolean {
    return true;
  }
}

export const INTENTS: Mutants = {
  'lets writers share every intent': { rules: withLedger(SharesEveryIntent) },
  'holds no intent': { rules: withLedger(HoldsNoIntent) },
  "closes another writer's intent": {
    rules: withLedger(ClosesAll),
    where: { ...CROWD, rung: 'read-through', conditional: NOTHING_CONDITIONAL },
  },
  'releases although its lease has run out': {
    rules: withLedger(ReleasesLate),
    where: { ...CROWD, troubles: { ...CALM, stalls: 1 } },
  },
  'sets a tombstone although the intent was lost': {
    rules: withLedger(BuriesWithoutIntent),
    where: { ...CROWD, rung: 'read-through', deeds: ['get', 'delete'], troubles: { ...CALM, stalls: 1 } },
  },
};
