import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Kv, KvUnavailable } from '../../src/state/kv.js';
import { createRegistry, type RegistryChange } from '../../src/state/registry.js';
import type { Logger } from '../../src/system/logger.js';
import { ManualClock } from '../support/manual-clock.js';
import { backendNamed, bucketNamed, SHADOW, storesOn } from './records.js';
import { temporaryKv } from './temporary-kv.js';

/** A gateway's registry on a store that several gateways share, with what it announced. */
async function gatewayOn(kv: Kv, clock = new ManualClock()) {
  const stores = storesOn(kv);
  const told: string[] = [];
  const tell = ({ records }: { readonly records: string }, message: string) =>
    told.push(`${records} ${message}`);
  const log = { warn: tell, info: tell } as unknown as Logger;
  const registry = await createRegistry({ kv, ...stores, clock, log });
  onTestFinished(() => registry.close());
  const changes: RegistryChange[] = [];
  registry.onChange((change) => changes.push(change));
  return { ...stores, registry, changes, told };
}

/** The same store, whose reads can be made to fail, counted, and made deaf. */
function faulty(kv: Kv) {
  const watchers: ((key: string | null) => void)[] = [];
  const tell = (key: string | null) => {
    for (const onChange of watchers) onChange(key);
  };
  const control = { isDown: false, isDeaf: false, reads: 0, tell };
  const read = <A extends unknown[], R>(call: (...args: A) => Promise<R>) => {
    return async (...args: A) => {
      control.reads += 1;
      if (control.isDown) throw new KvUnavailable('test');
      return call(...args);
    };
  };
  const store: Kv = {
    get: read((key) => kv.get(key)),
    getMany: read((keys) => kv.getMany(keys)),
    list: read((range) => kv.list(range)),
    commit: (commit) => kv.commit(commit),
    watch: (prefix, onChange) => {
      watchers.push(onChange);
      return kv.watch(prefix, (key) => {
        if (!control.isDeaf) onChange(key);
      });
    },
    close: () => kv.close(),
  };
  return { store, control };
}

describe('the registry', () => {
  it('knows all buckets and keys from the start, however many there are', async () => {
    const kv = await temporaryKv();
    const { buckets, accessKeys } = storesOn(kv);
    const names = Array.from({ length: 1_203 }, (_, n) => `bucket-${String(n).padStart(4, '0')}`);
    await Promise.all(names.map((name) => buckets.create(bucketNamed(name, { shadow: SHADOW }))));
    const key = await accessKeys.create({ bucket: 'bucket-0007', role: 'editor' });
    const { registry } = await gatewayOn(kv);
    expect(registry.buckets().map(({ name }) => name)).toEqual(names);
    expect(registry.bucket('bucket-0600')?.shadow).toEqual(SHADOW);
    expect(registry.accessKey(key.accessKeyId)).toEqual(key);
    expect(registry.bucket('unknown')).toBeUndefined();
  });

  it('shows what its own stores wrote as soon as they are done', async () => {
    const { store, control } = faulty(await temporaryKv());
    control.isDeaf = true;
    const { registry, buckets, accessKeys } = await gatewayOn(store);
    await buckets.create(bucketNamed('photos'));
    expect(registry.bucket('photos')).toEqual(bucketNamed('photos'));
    const key = await accessKeys.create({ bucket: 'photos', role: 'admin' });
    expect(registry.accessKey(key.accessKeyId)).toEqual(key);
    await buckets.update('photos', (record) => ({ ...record, public: true }));
    expect(registry.bucket('photos')?.public).toBe(true);
    await accessKeys.delete(key.accessKeyId);
    expect(registry.accessKey(key.accessKeyId)).toBeUndefined();
    await buckets.delete('photos');
    expect(registry.bucket('photos')).toBeUndefined();
  });

  it('follows what another gateway writes', async () => {
    const kv = await temporaryKv();
    const [here, there] = [await gatewayOn(kv), storesOn(kv)];
    await there.buckets.create(bucketNamed('photos'));
    await vi.waitFor(() => expect(here.registry.bucket('photos')).toBeDefined());
    const key = await there.accessKeys.create({ bucket: 'photos', role: 'admin' });
    await vi.waitFor(() => expect(here.registry.accessKey(key.accessKeyId)).toEqual(key));
    await there.buckets.delete('photos');
    await vi.waitFor(() => expect(here.registry.bucket('photos')).toBeUndefined());
    await vi.waitFor(() => expect(here.registry.accessKey(key.accessKeyId)).toBeUndefined());
  });

  it('announces each change once, and nothing when a record was written unchanged', async () => {
    const { registry, buckets, accessKeys, changes } = await gatewayOn(await temporaryKv());
    await buckets.create(bucketNamed('photos'));
    const before = registry.bucket('photos');
    const { accessKeyId } = await accessKeys.create({ bucket: 'photos', role: 'admin' });
    await buckets.update('photos', (record) => record);
    expect(registry.bucket('photos')).toBe(before);
    expect(changes).toEqual([
      { kind: 'bucket', name: 'photos' },
      { kind: 'access-key', name: accessKeyId },
    ]);
  });

  it('asks for an unknown name once, for all who want it, and again only after a second', async () => {
    const clock = new ManualClock();
    const { store, control } = faulty(await temporaryKv());
    const { registry } = await gatewayOn(store, clock);
    control.reads = 0;
    expect(await Promise.all([registry.lookUpBucket('photos'), registry.lookUpBucket('photos')])).toEqual([
      undefined,
      undefined,
    ]);
    clock.advance(900);
    expect(await registry.lookUpBucket('photos')).toBeUndefined();
    expect(control.reads).toBe(1);
    clock.advance(200);
    expect(await registry.lookUpBucket('photos')).toBeUndefined();
    expect(control.reads).toBe(2);
  });

  it('finds what another gateway created when it was not told of it', async () => {
    const kv = await temporaryKv();
    const { store, control } = faulty(kv);
    control.isDeaf = true;
    const [{ registry, changes }, there] = [await gatewayOn(store), storesOn(kv)];
    await there.buckets.create(bucketNamed('photos'));
    const key = await there.accessKeys.create({ bucket: 'photos', role: 'admin' });
    expect(registry.bucket('photos')).toBeUndefined();
    expect(await registry.lookUpBucket('photos')).toEqual(bucketNamed('photos'));
    expect(await registry.lookUpAccessKey(key.accessKeyId)).toEqual(key);
    expect(registry.accessKey(key.accessKeyId)).toEqual(key);
    expect(changes).toHaveLength(2);
  });

  it('reads all anew when changes may have been missed, and every 30 seconds', async () => {
    const kv = await temporaryKv();
    const clock = new ManualClock();
    const { store, control } = faulty(kv);
    control.isDeaf = true;
    const [{ registry }, there] = [await gatewayOn(store, clock), storesOn(kv)];
    await there.buckets.create(bucketNamed('photos'));
    const { accessKeyId } = await there.accessKeys.create({ bucket: 'photos', role: 'admin' });
    control.tell(null);
    await vi.waitFor(() => expect(registry.accessKey(accessKeyId)).toBeDefined());
    await vi.waitFor(() => expect(registry.bucket('photos')).toBeDefined());
    await there.buckets.update('photos', (record) => ({ ...record, public: true }));
    await there.accessKeys.delete(accessKeyId);
    clock.advance(30_000);
    await vi.waitFor(() => expect(registry.bucket('photos')?.public).toBe(true));
    await vi.waitFor(() => expect(registry.accessKey(accessKeyId)).toBeUndefined());
  });

  it('goes on with what it knows while the state is away, and catches up by itself', async () => {
    const kv = await temporaryKv();
    const clock = new ManualClock();
    const { store, control } = faulty(kv);
    const [{ registry }, there] = [await gatewayOn(store, clock), storesOn(kv)];
    await there.buckets.create(bucketNamed('photos'));
    await vi.waitFor(() => expect(registry.bucket('photos')).toBeDefined());
    control.isDown = true;
    await there.buckets.update('photos', (record) => ({ ...record, public: true }));
    await expect(registry.lookUpBucket('videos')).rejects.toThrow(KvUnavailable);
    expect(await registry.lookUpBucket('photos')).toMatchObject({ public: false });
    control.isDown = false;
    clock.advance(2_000);
    await vi.waitFor(() => expect(registry.bucket('photos')?.public).toBe(true));
    expect(await registry.lookUpBucket('videos')).toBeUndefined();
  });

  it('tells of an outage once, and once that it is over', async () => {
    const clock = new ManualClock();
    const { store, control } = faulty(await temporaryKv());
    const { told } = await gatewayOn(store, clock);
    const untilReadOften = async () => {
      control.reads = 0;
      await vi.waitFor(() => {
        clock.advance(30_000);
        expect(control.reads).toBeGreaterThanOrEqual(12);
      });
    };
    control.isDown = true;
    await untilReadOften();
    const behind = 'the state cannot be read; what was known stays in use';
    expect(told.sort()).toEqual([`access-key/ ${behind}`, `backend/ ${behind}`, `bucket/ ${behind}`]);
    control.isDown = false;
    await untilReadOften();
    const caughtUp = told.slice(3).sort();
    expect(caughtUp).toEqual([
      'access-key/ the state can be read again',
      'backend/ the state can be read again',
      'bucket/ the state can be read again',
    ]);
  });

  it('does not start without the state', async () => {
    const { store, control } = faulty(await temporaryKv());
    control.isDown = true;
    await expect(gatewayOn(store)).rejects.toThrow(KvUnavailable);
  });

  it('follows backends that are added and removed, and finds one that it was not told of', async () => {
    const { store, control } = faulty(await temporaryKv());
    const [{ registry, changes }, there] = [await gatewayOn(store), storesOn(store)];
    await there.addedBackends.create(backendNamed('tape'));
    await vi.waitFor(() => expect(registry.addedBackends()).toEqual([backendNamed('tape')]));
    await there.addedBackends.delete('tape', async () => undefined);
    await vi.waitFor(() => expect(registry.addedBackend('tape')).toBeUndefined());
    expect(changes).toEqual([
      { kind: 'backend', name: 'tape' },
      { kind: 'backend', name: 'tape' },
    ]);
    control.isDeaf = true;
    await there.addedBackends.create(backendNamed('disk'));
    expect(await registry.lookUpAddedBackend('disk')).toEqual(backendNamed('disk'));
  });

  it('ends up with the last of many writes, from whichever gateway they come', async () => {
    const kv = await temporaryKv();
    const [one, other] = [await gatewayOn(kv), await gatewayOn(kv)];
    await one.buckets.create(bucketNamed('photos'));
    const write = (n: number) =>
      (n % 2 ? one : other).buckets.update('photos', (record) => ({ ...record, org: `${n}` }));
    await Promise.all([
      Promise.all(Array.from({ length: 40 }, (_, n) => write(n))),
      other.registry.lookUpBucket('x'),
    ]);
    const stored = await one.buckets.get('photos');
    await vi.waitFor(() => expect(one.registry.bucket('photos')).toEqual(stored));
    await vi.waitFor(() => expect(other.registry.bucket('photos')).toEqual(stored));
  });
});
