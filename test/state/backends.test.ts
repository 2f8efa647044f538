import { describe, expect, it } from 'vitest';
import { BackendRemoved } from '../../src/state/backends.js';
import { backendNamed, bucketNamed, storesOn } from './records.js';
import { temporaryKv } from './temporary-kv.js';

const unused = async () => undefined;

/** A state with a backend that was added, and what holds it for one who begins to use it. */
async function withBackend(name: string) {
  const kv = await temporaryKv();
  const { buckets, addedBackends } = storesOn(kv);
  await addedBackends.create(backendNamed(name));
  const used = bucketNamed('photos', { target: { backend: name, bucket: 'photos' } });
  const assertUnused = async () => {
    for await (const { target } of buckets.all())
      if ('backend' in target && target.backend === name) throw new Error('in use');
  };
  const hold = async () => [await addedBackends.hold(name)];
  return { kv, buckets, addedBackends, used, assertUnused, hold };
}

describe('a backend that is added', () => {
  it('is the same when it is read, and all of its settings are sealed', async () => {
    const { kv, addedBackends } = await withBackend('tape');
    expect(await addedBackends.get('tape')).toEqual(backendNamed('tape'));
    const stored = (await kv.get('backend/tape'))?.value ?? '';
    expect(JSON.parse(stored)).toMatchObject({ name: 'tape', id: 'id-of-tape' });
    expect(stored).not.toContain('secret');
    expect(stored).not.toContain('SECRET');
  });

  it('cannot lend its settings to another one', async () => {
    const { kv, addedBackends } = await withBackend('tape');
    const { settings } = JSON.parse((await kv.get('backend/tape'))?.value ?? '');
    const value = JSON.stringify({ ...backendNamed('disk'), settings });
    await kv.commit({ sets: [{ key: 'backend/disk', value }] });
    await expect(addedBackends.get('disk')).rejects.toThrow('backend/id-of-disk/settings does not open');
  });

  it('does not take the place of another of its name', async () => {
    const { addedBackends } = await withBackend('tape');
    expect(await addedBackends.create({ ...backendNamed('tape'), id: 'another' })).toBe(false);
    expect((await addedBackends.get('tape'))?.id).toBe('id-of-tape');
  });
});

describe('changing a backend', () => {
  it('is done once of what it was before', async () => {
    const { addedBackends } = await withBackend('tape');
    const before = backendNamed('tape');
    expect(await addedBackends.change(before, 'new')).toBe(true);
    expect(await addedBackends.get('tape')).toEqual({ ...before, settings: 'new' });
    expect(await addedBackends.change(before, 'newer')).toBe(false);
    expect(await addedBackends.change(backendNamed('disk'), 'new')).toBe(false);
  });
});

describe('removing a backend', () => {
  it('is done where nothing uses it, once', async () => {
    const { addedBackends } = await withBackend('tape');
    expect(await addedBackends.delete('tape', unused)).toBe(true);
    expect(await addedBackends.delete('tape', unused)).toBe(false);
    expect(await addedBackends.get('tape')).toBeUndefined();
  });

  it('does not happen when a bucket begins to use it after it was looked for users', async () => {
    const { buckets, addedBackends, used, assertUnused, hold } = await withBackend('tape');
    let looks = 0;
    const removed = addedBackends.delete('tape', async () => {
      await assertUnused();
      looks += 1;
      if (looks === 1) await buckets.create(used, hold);
    });
    await expect(removed).rejects.toThrow('in use');
    expect(looks).toBe(1);
    expect(await addedBackends.get('tape')).toEqual(backendNamed('tape'));
  });

  it('keeps a bucket from being made in it that was about to', async () => {
    const { buckets, addedBackends, used, hold } = await withBackend('tape');
    const removedMeanwhile = async () => {
      const held = await hold();
      await addedBackends.delete('tape', unused);
      return held;
    };
    await expect(buckets.create(used, removedMeanwhile)).rejects.toThrow(BackendRemoved);
    expect(await buckets.get('photos')).toBeUndefined();
  });
});
