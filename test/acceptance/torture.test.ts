import { expect, test } from 'vitest';
import { describeWith } from '../support/describe-with.js';
import { sharedRgw } from '../support/shared-rgw.js';
import { report } from '../torture/report.js';
import { torture } from '../torture/torture.js';

const OPTIONS = { seconds: 10, clients: 16, keys: 100, gateways: 2 };

describeWith(['redis-server', 'radosgw'], 'torture', () => {
  test.each([false, true])(
    'clients find an order in all that they saw while gateways and the state are killed and stores fail (write-through %s)',
    async (writeThrough) => {
      const seed = Math.floor(Math.random() * 1_000_000);
      const result = await torture(await sharedRgw(), { ...OPTIONS, seed, writeThrough });
      expect(result.violations, report(result)).toEqual([]);
      expect([...result.wonders.keys()]).toEqual([]);
    },
    180_000,
  );
});
