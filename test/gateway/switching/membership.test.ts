import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withinTenure } from '../../../src/gateway/switching/tenure.js';
import { GatewayLeases } from '../../../src/state/gateway-leases.js';
import { bucketNamed } from '../../state/records.js';
import { Crew, SHORT } from './crew.js';

let crew: Crew;

beforeEach(async () => {
  crew = new Crew();
  await crew.buckets.create(bucketNamed('photos'));
});

afterEach(() => crew.end());

const live = async () => (await new GatewayLeases(crew.kv, SHORT).live()).map(({ id }) => id);

describe('a gateway', () => {
  it('is waited for by the others before it reads what it serves by', async () => {
    const { list } = crew.kv;
    const liveWhenRead: string[][] = [];
    crew.kv.list = async (range) => {
      if (range.prefix === 'bucket/') liveWhenRead.push(await live());
      return list.call(crew.kv, range);
    };
    await crew.join('one');
    expect(liveWhenRead).toEqual([['one']]);
  });

  it('counts as long as it renews its lease, and is gone a lease after it stopped', async () => {
    const one = await crew.join('one');
    await crew.pass(3 * SHORT.leaseMs);
    expect(await live()).toEqual(['one']);
    expect(one.lease.tenure.isOver()).toBe(false);
    one.kv.cut();
    await crew.pass(SHORT.leaseMs + 100);
    expect(await live()).toEqual([]);
  });

  it('is gone at once when it leaves in good order', async () => {
    const one = await crew.join('one');
    await one.leave();
    expect(await live()).toEqual([]);
  });

  it('is not waited for when it could not read what it is to serve by', async () => {
    await crew.kv.commit({ sets: [{ key: 'bucket/broken', value: '{}' }] });
    await expect(crew.join('one')).rejects.toThrow('bucket/broken is not valid');
    expect(await live()).toEqual([]);
  });

  it('writes nothing more when others may soon go on without it, a whole request before they do', async () => {
    const one = await crew.join('one');
    const upload = await one.send('PutObject');
    one.kv.cut();
    await crew.pass(2_550);
    expect(await live()).toEqual(['one']);
    expect(one.lease.tenure.isOver()).toBe(true);
    expect(await upload?.outcome).toBe('ServiceUnavailable');
    await crew.pass(1_000);
    expect(await live()).toEqual(['one']);
  });

  it('goes on where it was when the state is back before its lease is over', async () => {
    const one = await crew.join('one');
    one.kv.cut();
    await crew.pass(2_600);
    one.kv.mend();
    await crew.pass(1_000);
    expect(one.lease.tenure.isOver()).toBe(false);
    expect((await one.send('GetObject'))?.outcome).toBeDefined();
  });

  it('knows what became of its buckets before it serves them again', async () => {
    const one = await crew.join('one');
    await crew.aim('read-through');
    await crew.pass(1_000);
    one.kv.cut();
    await crew.pass(SHORT.leaseMs);
    await crew.buckets.update('photos', (record) => ({ ...record, epoch: record.epoch + 7 }));
    const known: (number | undefined)[] = [];
    one.lease.onTenure(() => known.push(one.registry.bucket('photos')?.epoch));
    one.kv.mend();
    await crew.pass(1_500);
    expect(known).toEqual([(await crew.photos()).epoch]);
  });

  it('announces nothing in the state by the rules of a time in which others did not wait for it', async () => {
    const one = await crew.join('one');
    const before = withinTenure(one.kv, one.lease.tenure);
    const commit = { sets: [{ key: 'intent', value: '' }] };
    expect(await before.commit(commit)).not.toBeNull();
    one.kv.cut();
    await crew.pass(SHORT.leaseMs + 100);
    one.kv.mend();
    await crew.pass(1_500);
    expect(one.lease.tenure.isOver()).toBe(false);
    await expect(before.commit(commit)).rejects.toThrow('out of touch');
    expect(await withinTenure(one.kv, one.lease.tenure).commit(commit)).not.toBeNull();
  });

  it('tells once that it is out of touch, and once that it is back', async () => {
    const one = await crew.join('one');
    one.kv.cut();
    await crew.pass(3 * SHORT.leaseMs);
    one.kv.mend();
    await crew.pass(1_500);
    const told = crew.logged.map(({ msg }) => msg).filter((msg) => /touch/.test(msg));
    expect(told).toEqual([
      expect.stringContaining('out of touch'),
      expect.stringContaining('in touch again'),
    ]);
  });
});
