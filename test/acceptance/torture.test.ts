import { expect, test } from 'vitest';
import { describeWith } from '../support/describe-with.js';
import { sharedRgw } from '../support/shared-rgw.js';
import { report } from '../torture/report.js';
import { torture } from '../torture/torture.js';

describeWith(['redis-server', 'radosgw'], 'torture', () => {
  test('there is an order of all that clients saw while gateways and the state were killed, stores failed and write-through was switched', async () => {
    const seed = Math.floor(Math.random() * 1_000_000);
    const options = {
      seconds: 20,
      clients: 16,
      keys: 100,
      gateways: 2,
      seed,
      writeThrough: 'switched',
    } as const;
    const result = await torture(await sharedRgw(), options);
    expect(result.violations, report(result)).toEqual([]);
    expect([...result.wonders.keys()]).toEqual([]);
  }, 240_000);
});
