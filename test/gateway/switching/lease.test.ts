import { setImmediate } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { GatewayLease } from '../../../src/gateway/switching/lease.js';
import type { Acknowledged, GatewayLeases } from '../../../src/state/gateway-leases.js';
import { TIMES } from '../../../src/system/times.js';
import { ManualClock } from '../../support/manual-clock.js';

/** Leases that are written when the test says so, and what was told with each. */
function slowLeases() {
  const told: Acknowledged[] = [];
  const writes: (() => void)[] = [];
  const leases: Pick<GatewayLeases, 'take' | 'renew'> = {
    take: async () => undefined,
    renew({ acknowledged }) {
      told.push(acknowledged);
      return new Promise((resolve) => {
        writes.push(() => resolve(true));
      });
    },
  };
  return { leases: leases as GatewayLeases, told, write: () => writes.shift()?.() };
}

const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };

test('what is acknowledged while a lease is being renewed is told at once, not with the next renewal', async () => {
  const { leases, told, write } = slowLeases();
  const clock = new ManualClock();
  const lease = await GatewayLease.take({ id: 'one', leases, clock, times: TIMES, log });
  lease.tell({ acknowledged: { first: 1 } });
  clock.advance(0);
  lease.tell({ acknowledged: { first: 1, second: 1 } });
  write();
  await setImmediate();
  clock.advance(0);
  expect(told).toEqual([{ first: 1 }, { first: 1, second: 1 }]);
});
