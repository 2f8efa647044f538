import { describe, expect, it } from 'vitest';
import { GatewayLeases } from '../../src/state/gateway-leases.js';
import { MemoryKv } from '../simulation/memory-kv.js';
import { ManualClock } from '../support/manual-clock.js';

function leasesOf10s() {
  const clock = new ManualClock();
  return { clock, leases: new GatewayLeases(new MemoryKv(clock), { leaseMs: 10_000, readLeaseMs: 60_000 }) };
}

describe('leases of gateways', () => {
  it('are shown with what each gateway acknowledged, however many there are', async () => {
    const { leases } = leasesOf10s();
    for (let index = 0; index < 2_001; index += 1) {
      await leases.take({ id: `gateway ${index}`, acknowledged: { photos: index } });
    }
    const live = await leases.live();
    expect(new Set(live.map(({ acknowledged }) => acknowledged.photos)).size).toBe(2_001);
  });

  it('last from one renewal to the next', async () => {
    const { clock, leases } = leasesOf10s();
    await leases.take({ id: 'one', acknowledged: {} });
    clock.advance(9_000);
    expect(await leases.renew({ id: 'one', acknowledged: { photos: 3 } })).toBe(true);
    clock.advance(9_000);
    expect(await leases.live()).toEqual([{ id: 'one', acknowledged: { photos: 3 } }]);
    clock.advance(2_000);
    expect(await leases.live()).toEqual([]);
  });

  it('leave word for longer of a gateway that may still be reading', async () => {
    const { clock, leases } = leasesOf10s();
    await leases.take({ id: 'one', acknowledged: { photos: 3 } });
    clock.advance(59_000);
    expect([await leases.live(), await leases.readers()]).toEqual([
      [],
      [{ id: 'one', acknowledged: { photos: 3 } }],
    ]);
    clock.advance(2_000);
    expect(await leases.readers()).toEqual([]);
    await leases.take({ id: 'one', acknowledged: {} });
    await leases.release('one');
    expect(await leases.readers()).toEqual([]);
  });

  it('that are over cannot be renewed', async () => {
    const { clock, leases } = leasesOf10s();
    await leases.take({ id: 'one', acknowledged: {} });
    clock.advance(10_001);
    expect(await leases.renew({ id: 'one', acknowledged: {} })).toBe(false);
    expect(await leases.live()).toEqual([]);
  });

  it('end at once when they are released, of which others hear', async () => {
    const { leases } = leasesOf10s();
    await leases.take({ id: 'one', acknowledged: {} });
    let heard = 0;
    const end = leases.onChange(() => {
      heard += 1;
    });
    await leases.release('one');
    end();
    expect(await leases.live()).toEqual([]);
    expect(heard).toBe(1);
  });
});
