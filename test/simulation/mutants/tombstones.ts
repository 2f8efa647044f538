import type { S3Service } from '../../../src/s3/message.js';
import { createShadowed } from '../../../src/shadow/shadowed.js';
import type { KeyRecord } from '../../../src/state/key-record.js';
import type { Kv } from '../../../src/state/kv.js';
import { Ledger, type WriteIntent } from '../../../src/state/ledger.js';
import { type GraceEnd, graceEnded } from '../../../src/state/tombstone.js';
import { type LedgerParts, partsOf, REAL_RULES, type Rules } from '../rules.js';
import { CALM } from '../scenario.js';
import { aroundService, CROWD, forceRecord, type Mutants, withLedger, withStores } from './mutant.js';

class SeesNoTombstone extends Ledger {
  override async isDeleted(): Promise<boolean> {
    return false;
  }
}

const EVER = { until: Number.POSITIVE_INFINITY };

class LeavesNoTombstone extends Ledger {
  override async bury(): ReturnType<Ledger['bury']> {
    return EVER;
  }

  override async buryAndClose(intent: WriteIntent): Promise<boolean> {
    await this.closeIntent(intent);
    return true;
  }
}

/** A tombstone is collected as soon as the shadow is empty. */
class KnowsNoGrace extends Ledger {
  override collectableKeys(): AsyncGenerator<string> {
    return this.emptiedBy(this.clock.now());
  }

  override async collectable(key: string): Promise<string | undefined> {
    const { tombstone } = await this.record(key);
    return tombstone?.emptySince === undefined ? undefined : tombstone.generation;
  }

  override async endGrace(key: string, end: GraceEnd): Promise<void> {
    await this.change(key, (record, now) => graceEnded(record, end, { now, graceMs: 0 }) ?? 'refuse');
  }
}

/** The shadow's object goes before the target's, behind which it was out of sight. */
const DELETES_FROM_SHADOW_FIRST = withStores(({ target, shadow }) => ({
  target: async (request) => {
    if (request.operation === 'DeleteObject') await shadow(request);
    return target(request);
  },
}));

const withoutTombstone = ({ tombstone: _, ...rest }: KeyRecord): KeyRecord => rest;

class Forgetful extends Ledger {
  readonly #pairs: Kv;

  constructor(...parts: LedgerParts) {
    super(...parts);
    [this.#pairs] = parts;
  }

  forget(key: string): Promise<void> {
    return forceRecord(this.#pairs, key, withoutTombstone);
  }
}

/** The tombstone goes as soon as the shadow's object is gone, whatever copies and listings still know of it. */
class ForgetsTombstones extends Forgetful {
  override async noteShadowDelete(...[key, told]: Parameters<Ledger['noteShadowDelete']>): Promise<void> {
    await super.noteShadowDelete(key, told);
    await this.forget(key);
  }
}

/** A delete that fails takes its tombstone back. */
const TAKES_TOMBSTONES_BACK: Rules = {
  ...REAL_RULES,
  ledger: (kv, clock) => new Forgetful(...partsOf(kv, clock)),
  shadowed: (options) => {
    const { ledger, target } = options;
    return createShadowed({
      ...options,
      target: async (request) => {
        try {
          return await target(request);
        } catch (error) {
          if (request.operation === 'DeleteObject' && ledger instanceof Forgetful)
            await ledger.forget(request.key);
          throw error;
        }
      },
    });
  },
};

/** Who writes the key anew takes its tombstone away. */
const WRITES_ERASE: Rules = {
  ...REAL_RULES,
  ledger: (kv, clock) => new Forgetful(...partsOf(kv, clock)),
  shadowed: (options) => {
    const { ledger } = options;
    const bucket = createShadowed(options);
    const service: S3Service = async (request) => {
      const answer = await bucket.service(request);
      if (request.operation === 'PutObject' && answer.status === 200 && ledger instanceof Forgetful)
        await ledger.forget(request.key);
      return answer;
    };
    return { ...bucket, service };
  },
};

/** Deletes are noted only once the target has answered. */
class BuriesLate extends Ledger {
  readonly #owed = new Map<string, Parameters<Ledger['bury']>[1]>();

  override async bury(...[key, shadowDelete]: Parameters<Ledger['bury']>): ReturnType<Ledger['bury']> {
    this.#owed.set(key, shadowDelete);
    return EVER;
  }

  override openIntent(...[key, mode, options]: Parameters<Ledger['openIntent']>): Promise<WriteIntent> {
    if (options?.deletes) this.#owed.set(key, options.deletes);
    return super.openIntent(key, mode);
  }

  async buryOwed(key: string): Promise<void> {
    const shadowDelete = this.#owed.get(key);
    if (shadowDelete) await super.bury(key, shadowDelete);
    this.#owed.delete(key);
  }
}

const BURIES_AFTER_TARGET: Rules = {
  ...REAL_RULES,
  ledger: (kv, clock) => new BuriesLate(...partsOf(kv, clock)),
  shadowed: (options) => {
    const { ledger, target } = options;
    return createShadowed({
      ...options,
      target: async (request) => {
        const answer = await target(request);
        if (request.operation === 'DeleteObject' && ledger instanceof BuriesLate)
          await ledger.buryOwed(request.key);
        return answer;
      },
    });
  },
};

/** A delete that found nothing is sent to the target all the same. */
const DELETES_UNSEEN = aroundService(({ target }, { service }) => async (request) => {
  const answer = await service(request);
  if (request.operation === 'DeleteObject' && answer.status === 204)
    await target({ ...request, headers: {} });
  return answer;
});

export const TOMBSTONES: Mutants = {
  'reads without looking for a tombstone': { rules: withLedger(SeesNoTombstone) },
  'deletes without a tombstone': { rules: withLedger(LeavesNoTombstone) },
  'sets the tombstone after the target answered': { rules: BURIES_AFTER_TARGET, where: CROWD },
  'forgets the tombstone once the shadow has deleted': {
    rules: withLedger(ForgetsTombstones),
    where: { ...CROWD, delete: 'both', deeds: ['list', 'get', 'delete', 'sweep'] },
  },
  'collects the tombstone without a grace': {
    rules: withLedger(KnowsNoGrace),
    where: { ...CROWD, rung: 'read-through', delete: 'both', deeds: ['list', 'get', 'delete', 'sweep'] },
  },
  'deletes from the shadow before the target': {
    rules: DELETES_FROM_SHADOW_FIRST,
    where: {
      ...CROWD,
      rung: 'read-through',
      delete: 'both',
      conditional: { put: true, complete: true, match: true },
      clients: 6,
      operations: 2,
      deeds: ['get', 'head', 'head', 'head', 'put', 'delete'],
      troubles: { ...CALM, requests: 3 },
    },
  },
  'takes the tombstone back when a delete fails': {
    rules: TAKES_TOMBSTONES_BACK,
    where: { ...CROWD, troubles: { ...CALM, requests: 4 } },
  },
  'takes the tombstone away when the key is written': { rules: WRITES_ERASE, where: CROWD },
  'sends a delete that found nothing': {
    rules: DELETES_UNSEEN,
    where: { ...CROWD, rung: 'read-through', deeds: ['get', 'put', 'delete'], clients: 3 },
  },
};
