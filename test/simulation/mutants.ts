import { AsyncLocalStorage } from 'node:async_hooks';
import { BackendUnavailable } from '../../src/backends/backend.js';
import type { S3Request, S3Response, S3Service } from '../../src/s3/message.js';
import { ask } from '../../src/shadow/ask.js';
import { createShadowed, type ShadowedBucket, type ShadowedOptions } from '../../src/shadow/shadowed.js';
import type { Kv } from '../../src/state/kv.js';
import { type CopyToken, type KeyView, Ledger, type WriteIntent } from '../../src/state/ledger.js';
import type { Clock } from '../../src/system/clock.js';
import { REAL_RULES, type Rules } from './rules.js';
import type { Scenario, Troubles } from './scenario.js';

type LedgerClass = new (kv: Kv, bucketId: string, clock: Clock) => Ledger;

const withLedger = (Mutant: LedgerClass): Rules => ({
  ...REAL_RULES,
  ledger: (kv, clock) => new Mutant(kv, 'b', clock),
});

const withStores = (change: (options: ShadowedOptions) => Partial<ShadowedOptions>): Rules => ({
  ...REAL_RULES,
  shadowed: (options) => createShadowed({ ...options, ...change(options) }),
});

class CommitsWithoutToken extends Ledger {
  override async beginCommit(): Promise<boolean> {
    return true;
  }
}

class SeesNoTombstone extends Ledger {
  override async isDeleted(): Promise<boolean> {
    return false;
  }
}

class LeavesNoTombstone extends Ledger {
  override async bury(): Promise<void> {
    return;
  }

  override async buryAndClose(intent: WriteIntent): Promise<boolean> {
    await this.closeIntent(intent);
    return true;
  }
}

class SharesEveryIntent extends Ledger {
  override openIntent(...[key, , options]: Parameters<Ledger['openIntent']>): Promise<WriteIntent> {
    return super.openIntent(key, 'shared', options);
  }
}

class HoldsNoIntent extends Ledger {
  override async openIntent(...args: Parameters<Ledger['openIntent']>): Promise<WriteIntent> {
    const intent = await super.openIntent(...args);
    await super.closeIntent(intent);
    return intent;
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

/** The tombstone goes as soon as the shadow's object is gone, whatever copies and listings still know of it. */
class ForgetsTombstones extends Ledger {
  constructor(
    private readonly pairs: Kv,
    bucketId: string,
    clock: Clock,
  ) {
    super(pairs, bucketId, clock);
  }

  override async noteShadowDelete(key: string, error?: string): Promise<void> {
    await super.noteShadowDelete(key, error);
    const { tombstone, ...rest } = await this.record(key);
    if (tombstone) await this.pairs.commit({ sets: [{ key: `key/b/${key}`, value: JSON.stringify(rest) }] });
  }
}

/** Deletes are noted only once the target has answered. */
class BuriesLate extends Ledger {
  readonly #owed = new Map<string, Parameters<Ledger['bury']>[1]>();

  override async bury(...[key, shadowDelete]: Parameters<Ledger['bury']>): Promise<void> {
    this.#owed.set(key, shadowDelete);
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
  ledger: (kv, clock) => new BuriesLate(kv, 'b', clock),
  shadowed: (options) =>
    createShadowed({
      ...options,
      target: async (request) => {
        const answer = await options.target(request);
        const { ledger } = options;
        if (request.operation === 'DeleteObject' && ledger instanceof BuriesLate)
          await ledger.buryOwed(request.key);
        return answer;
      },
    }),
};

const aroundService = (around: (options: ShadowedOptions, inner: ShadowedBucket) => S3Service): Rules => ({
  ...REAL_RULES,
  shadowed: (options) => {
    const bucket = createShadowed(options);
    return { ...bucket, service: around(options, bucket) };
  },
});

/** A delete that found nothing is sent to the target all the same. */
const DELETES_UNSEEN = aroundService(({ target }, { service }) => async (request) => {
  const answer = await service(request);
  if (request.operation === 'DeleteObject' && answer.status === 204) await target(request);
  return answer;
});

/** Once the shadow has answered a read, nobody looks at the target or at the tombstone again. */
function trustingTheShadow(): Rules {
  const read = new AsyncLocalStorage<{ shadowAsked: boolean }>();
  const isOver = () => read.getStore()?.shadowAsked === true;
  class LooksNoMore extends Ledger {
    override async isDeleted(key: string): Promise<boolean> {
      return isOver() ? false : super.isDeleted(key);
    }
  }
  return {
    ...withLedger(LooksNoMore),
    shadowed: (options) => {
      const bucket = createShadowed({
        ...options,
        target: async (request) =>
          isOver() && isRead(request) ? notFound(request) : options.target(request),
        shadow: (request) => {
          const asking = read.getStore();
          if (asking) asking.shadowAsked = true;
          return options.shadow(request);
        },
      });
      const service: S3Service = (request) =>
        isRead(request)
          ? read.run({ shadowAsked: false }, () => bucket.service(request))
          : bucket.service(request);
      return { ...bucket, service };
    },
  };
}

const isRead = ({ operation }: S3Request): boolean => operation === 'GetObject' || operation === 'HeadObject';

const NO_SUCH_KEY = Buffer.from('<Error><Code>NoSuchKey</Code><Message>no</Message></Error>');

const notFound = ({ method }: S3Request): S3Response =>
  method === 'HEAD' ? { status: 404, headers: {} } : { status: 404, headers: {}, body: NO_SUCH_KEY };

/** A target that fails is taken for one that has no such object. */
const FALLS_BACK = withStores(({ target }) => ({
  target: async (request) => {
    const answer = await target(request);
    return answer.status === 503 && isRead(request) ? notFound(request) : answer;
  },
}));

const again =
  (store: S3Service): S3Service =>
  async (request) => {
    try {
      return await store(request);
    } catch (error) {
      const canRepeat = request.body === undefined || Buffer.isBuffer(request.body);
      if (!(error instanceof BackendUnavailable) || isRead(request) || !canRepeat) throw error;
      return store(request);
    }
  };

/** A write whose answer was lost is sent once more. */
const REPEATS_WRITES = withStores(({ target, shadow }) => ({ target: again(target), shadow: again(shadow) }));

/** Recovery takes what the shadow has for the truth. */
class RecoversFromShadow extends Ledger {
  stores: Pick<ShadowedOptions, 'target' | 'shadow'> | undefined;

  override async adoptDeadIntent(key: string): Promise<WriteIntent | undefined> {
    const dead = await super.adoptDeadIntent(key);
    if (!dead || !this.stores) return dead;
    const { signal } = new AbortController();
    const found = await this.stores.shadow(ask('GetObject', { key, signal }));
    if (found.status === 200 && found.body) {
      const headers = { 'content-length': found.headers['content-length'] ?? '' };
      await this.stores.target(ask('PutObject', { method: 'PUT', key, headers, body: found.body, signal }));
    }
    await this.closeIntent(dead);
    return undefined;
  }
}

const RECOVERS_FROM_SHADOW: Rules = {
  ledger: (kv, clock) => new RecoversFromShadow(kv, 'b', clock),
  shadowed: (options) => {
    if (options.ledger instanceof RecoversFromShadow) options.ledger.stores = options;
    return createShadowed(options);
  },
};

interface Mutant {
  readonly rules: Rules;
  /** Where its mistake shows soonest. */
  readonly where?: Partial<Scenario>;
}

const CALM: Troubles = { kills: 0, requests: 0, bodies: 0, calls: 0, outages: 0, departures: 0 };

const CROWD: Partial<Scenario> = {
  keys: 1,
  clients: 4,
  operations: 3,
  deeds: ['get', 'put', 'delete', 'sweep'],
  troubles: CALM,
};

/** Protocols that each leave out one rule or break it, by what they do wrong. */
export const MUTANTS: Readonly<Record<string, Mutant>> = {
  'commits a copy without its token': { rules: withLedger(CommitsWithoutToken), where: CROWD },
  'gives the token after the shadow was read': { rules: withLedger(GivesTokensLate) },
  'reads without looking for a tombstone': { rules: withLedger(SeesNoTombstone) },
  'deletes without a tombstone': { rules: withLedger(LeavesNoTombstone) },
  'sets the tombstone after the target answered': { rules: BURIES_AFTER_TARGET, where: CROWD },
  'forgets the tombstone once the shadow has deleted': { rules: withLedger(ForgetsTombstones) },
  'lets writers share every intent': { rules: withLedger(SharesEveryIntent) },
  'holds no intent': { rules: withLedger(HoldsNoIntent) },
  'sends a delete that found nothing': {
    rules: DELETES_UNSEEN,
    where: { ...CROWD, writeThrough: false },
  },
  'does not look again after the shadow answered': {
    rules: trustingTheShadow(),
    where: { ...CROWD, writeThrough: true },
  },
  'takes a target that fails for one without the object': { rules: FALLS_BACK },
  'repeats a write whose answer was lost': { rules: REPEATS_WRITES },
  'recovers from the shadow': { rules: RECOVERS_FROM_SHADOW },
};
