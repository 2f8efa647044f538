import { ask } from '../../../src/shadow/ask.js';
import { createShadowed, type ShadowedOptions } from '../../../src/shadow/shadowed.js';
import { Ledger, type WriteIntent } from '../../../src/state/ledger.js';
import { partsOf, REAL_RULES, type Rules } from '../rules.js';
import type { Mutants } from './mutant.js';

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
  ...REAL_RULES,
  ledger: (kv, clock) => new RecoversFromShadow(...partsOf(kv, clock)),
  shadowed: (options) => {
    if (options.ledger instanceof RecoversFromShadow) options.ledger.stores = options;
    return createShadowed(options);
  },
};

export const RECOVERY: Mutants = {
  'recovers from the shadow': { rules: RECOVERS_FROM_SHADOW },
};
