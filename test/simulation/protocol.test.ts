import { describe, expect, it } from 'vitest';
import { Ledger, type WriteIntent } from '../../src/state/ledger.js';
import { describeViolation, scenarioOf, simulate } from './simulate.js';
import { REAL_RULES } from './world.js';

const SCHEDULES = 2_000;

/** Within this many schedules every mutant has to be found. */
const MUTANT_SCHEDULES = 1_000;

/** What every run must have exercised, or it proves nothing. */
const EXERCISED = [
  'get',
  'list',
  'put',
  'put-if-absent',
  'delete',
  'sweep',
  'kills',
  'refused',
  'lost request',
  'lost answer',
];

it('what clients see through any number of gateways, some of them dying, is what one bucket would show', async () => {
  const counts: Record<string, number> = {};
  for (let seed = 1; seed <= SCHEDULES; seed += 1) {
    const { violation, counts: more } = await simulate(scenarioOf(seed));
    expect(violation && describeViolation(violation)).toBeUndefined();
    for (const [name, count] of Object.entries(more)) counts[name] = (counts[name] ?? 0) + count;
  }
  expect(EXERCISED.filter((name) => (counts[name] ?? 0) < SCHEDULES / 20)).toEqual([]);
}, 120_000);

it('the same seed gives the same run', async () => {
  for (let seed = 1; seed <= 50; seed += 1) {
    expect((await simulate(scenarioOf(seed))).history).toEqual((await simulate(scenarioOf(seed))).history);
  }
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

  override openIntent(key: string, mode: 'shared' | 'exclusive'): Promise<WriteIntent> {
    return super.openIntent(key, mode);
  }
}

class SharesEveryIntent extends Ledger {
  override openIntent(...[key, , deletes]: Parameters<Ledger['openIntent']>): Promise<WriteIntent> {
    return super.openIntent(key, 'shared', deletes);
  }
}

class HoldsNoIntent extends Ledger {
  override async openIntent(...args: Parameters<Ledger['openIntent']>): Promise<WriteIntent> {
    const intent = await super.openIntent(...args);
    await super.closeIntent(intent);
    return intent;
  }
}

describe('a protocol that leaves a rule out is found out:', () => {
  const mutants = [CommitsWithoutToken, SeesNoTombstone, LeavesNoTombstone, SharesEveryIntent, HoldsNoIntent];
  it.each(mutants.map((ledger) => [ledger.name, ledger] as const))(
    '%s',
    async (_, ledger) => {
      for (let seed = 1; seed <= MUTANT_SCHEDULES; seed += 1) {
        const { violation } = await simulate(scenarioOf(seed), { ...REAL_RULES, ledger });
        if (violation) return;
      }
      expect.fail(`not found in ${MUTANT_SCHEDULES} schedules`);
    },
    60_000,
  );
});
