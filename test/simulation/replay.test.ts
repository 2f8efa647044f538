import { expect, it } from 'vitest';
import { scenarioOf } from './scenario.js';
import { simulate } from './simulate.js';

it('the same seed gives the same run', async () => {
  for (let seed = 1; seed <= 50; seed += 1) {
    const [one, other] = [await simulate(scenarioOf(seed)), await simulate(scenarioOf(seed))];
    expect(one).toEqual(other);
  }
});
