import { describe, expect, it } from 'vitest';
import { bucketNamed, SHADOW, storesOn } from './records.js';
import { temporaryKv } from './temporary-kv.js';

describe('the bucket store', () => {
  it('gives back a bucket with its shadow as it was created', async () => {
    const { buckets } = storesOn(await temporaryKv());
    const record = bucketNamed('photos', { org: 'acme', shadow: SHADOW });
    expect(await buckets.create(record)).toBe(true);
    expect(await buckets.get('photos')).toEqual(record);
    expect(await buckets.get('videos')).toBeUndefined();
  });

  it('creates one bucket of a name, whoever tries at the same time', async () => {
    const { buckets } = storesOn(await temporaryKv());
    const created = await Promise.all(
      ['a', 'b', 'c'].map((id) => buckets.create(bucketNamed('photos', { id }))),
    );
    expect(created.filter(Boolean)).toHaveLength(1);
  });

  it('keeps neither key of the shadow readable, nor usable for another bucket', async () => {
    const kv = await temporaryKv();
    const { buckets } = storesOn(kv);
    await buckets.create(bucketNamed('photos', { shadow: SHADOW }));
    const stored = (await kv.get('bucket/photos'))?.value ?? '';
    expect(stored).toContain('s3.example.com');
    expect(stored).not.toMatch(/THE-SHADOW/);
    const moved = stored.replace('id-of-photos', 'id-of-videos');
    await kv.commit({ sets: [{ key: 'bucket/videos', value: moved }] });
    await expect(buckets.get('videos')).rejects.toThrow(/does not open/);
  });

  it('seals the keys of a place on either side of the shadow', async () => {
    const kv = await temporaryKv();
    const { buckets } = storesOn(kv);
    const exchanged = {
      target: SHADOW.place,
      shadow: { ...SHADOW, place: { backend: 'b', bucket: 'photos' } },
    };
    await buckets.create(bucketNamed('photos', exchanged));
    expect((await kv.get('bucket/photos'))?.value).not.toMatch(/THE-SHADOW/);
    expect(await buckets.get('photos')).toMatchObject(exchanged);
  });

  it('reads a record of before either side could be either place', async () => {
    const kv = await temporaryKv();
    const { buckets } = storesOn(kv);
    await buckets.create(bucketNamed('photos', { shadow: SHADOW }));
    const { target, shadow, ...others } = JSON.parse((await kv.get('bucket/photos'))?.value ?? '');
    const { bucket: name, ...place } = shadow.place;
    const former = {
      ...others,
      ...{ backend: target.backend, targetBucket: target.bucket },
      shadow: { ...shadow, place: undefined, name, ...place },
    };
    await kv.commit({ sets: [{ key: 'bucket/photos', value: JSON.stringify(former) }] });
    expect(await buckets.get('photos')).toEqual(bucketNamed('photos', { shadow: SHADOW }));
  });

  it('reads a record of before there were prefixes as one without', async () => {
    const kv = await temporaryKv();
    const { buckets } = storesOn(kv);
    await buckets.create(bucketNamed('photos', { shadow: SHADOW }));
    const stored = (await kv.get('bucket/photos'))?.value ?? '';
    const before = stored.replace('"prefix":"","targetPrefix":"",', '');
    expect(before).not.toContain('refix');
    await kv.commit({ sets: [{ key: 'bucket/photos', value: before }] });
    expect(await buckets.get('photos')).toEqual(bucketNamed('photos', { shadow: SHADOW }));
  });

  it('loses no update when several are made at once', async () => {
    const kv = await temporaryKv();
    const [one, other] = [storesOn(kv).buckets, storesOn(kv).buckets];
    await one.create(bucketNamed('photos', { org: '' }));
    const append = (letter: string) => (store: typeof one) =>
      store.update('photos', (record) => ({ ...record, org: `${record.org}${letter}` }));
    await Promise.all([...'abcdefgh'].map((letter, n) => append(letter)(n % 2 ? one : other)));
    const { org } = (await one.get('photos')) ?? {};
    expect([...(org ?? '')].sort().join('')).toBe('abcdefgh');
  });

  it('updates no bucket that is not there, and never its name or id', async () => {
    const { buckets } = storesOn(await temporaryKv());
    expect(await buckets.update('photos', (record) => record)).toBeUndefined();
    await buckets.create(bucketNamed('photos'));
    await buckets.update('photos', (record) => ({ ...record, name: 'videos', id: 'other', public: true }));
    expect(await buckets.get('photos')).toEqual(bucketNamed('photos', { public: true }));
  });

  it('leaves the record alone when the change throws', async () => {
    const { buckets } = storesOn(await temporaryKv());
    await buckets.create(bucketNamed('photos'));
    const refuse = () => {
      throw new Error('refused');
    };
    await expect(buckets.update('photos', refuse)).rejects.toThrow('refused');
    expect(await buckets.get('photos')).toEqual(bucketNamed('photos'));
  });

  it('pages through the buckets in the order of their names', async () => {
    const { buckets } = storesOn(await temporaryKv());
    const names = ['a', 'a-b', 'a.b', 'b', 'c'];
    await Promise.all(names.map((name) => buckets.create(bucketNamed(name))));
    const first = await buckets.list({ limit: 3 });
    expect(first).toMatchObject({ items: [{ name: 'a' }, { name: 'a-b' }, { name: 'a.b' }], next: 'a.b' });
    const rest = await buckets.list({ limit: 3, after: 'a.b' });
    expect(rest.items.map(({ name }) => name)).toEqual(['b', 'c']);
    expect(rest.next).toBeUndefined();
    expect((await buckets.list({ limit: 5 })).next).toBeUndefined();
  });

  it('says which field of a stored record is wrong, and shows no value', async () => {
    const kv = await temporaryKv();
    const { buckets } = storesOn(kv);
    const broken = { ...bucketNamed('photos', { shadow: SHADOW }), public: 'THE-VALUE' };
    await kv.commit({ sets: [{ key: 'bucket/photos', value: JSON.stringify(broken) }] });
    await expect(buckets.get('photos')).rejects.toThrow(
      /^the state record bucket\/photos is not valid: public: /,
    );
    await expect(buckets.get('photos')).rejects.not.toThrow(/THE-/);
  });
});

describe('the access key store', () => {
  it('creates keys in the shape of AWS for a bucket, each different', async () => {
    const { buckets, accessKeys } = storesOn(await temporaryKv());
    await buckets.create(bucketNamed('photos'));
    const key = await accessKeys.create({ bucket: 'photos', role: 'editor' });
    expect(key).toMatchObject({ bucket: 'photos', role: 'editor' });
    expect(key.accessKeyId).toMatch(/^PNBR[A-Z0-9]{16}$/);
    expect(key.secretAccessKey).toMatch(/^[A-Za-z0-9+/]{40}$/);
    expect(await accessKeys.get(key.accessKeyId)).toEqual(key);
    const other = await accessKeys.create({ bucket: 'photos', role: 'editor' });
    expect(other.accessKeyId).not.toBe(key.accessKeyId);
    expect(other.secretAccessKey).not.toBe(key.secretAccessKey);
  });

  it('keeps the secret sealed', async () => {
    const kv = await temporaryKv();
    const { buckets, accessKeys } = storesOn(kv);
    await buckets.create(bucketNamed('photos'));
    const { accessKeyId, secretAccessKey } = await accessKeys.create({ bucket: 'photos', role: 'admin' });
    expect((await kv.get(`access-key/${accessKeyId}`))?.value).not.toContain(secretAccessKey);
  });

  it('knows no key by a name that no key can have, of any length', async () => {
    const { accessKeys } = storesOn(await temporaryKv());
    for (const id of ['', 'short', 'x'.repeat(5_000), '\uD800', '../bucket/photos']) {
      expect(await accessKeys.get(id)).toBeUndefined();
      expect(await accessKeys.delete(id)).toBe(false);
    }
  });

  it('lists all keys or those of one bucket, in pages', async () => {
    const { buckets, accessKeys } = storesOn(await temporaryKv());
    await Promise.all(['photos', 'videos'].map((name) => buckets.create(bucketNamed(name))));
    for (let n = 0; n < 6; n += 1)
      await accessKeys.create({ bucket: n % 2 ? 'photos' : 'videos', role: 'readonly' });
    expect((await accessKeys.list({ limit: 100 })).items).toHaveLength(6);
    const first = await accessKeys.list({ bucket: 'photos', limit: 2 });
    expect(first.items).toHaveLength(2);
    const rest = await accessKeys.list({
      bucket: 'photos',
      limit: 2,
      ...(first.next && { after: first.next }),
    });
    expect(rest.items).toHaveLength(1);
    expect(rest.next).toBeUndefined();
    expect([...first.items, ...rest.items].every(({ bucket }) => bucket === 'photos')).toBe(true);
  });

  it('creates no key for a bucket that does not exist', async () => {
    const { accessKeys } = storesOn(await temporaryKv());
    await expect(accessKeys.create({ bucket: 'photos', role: 'admin' })).rejects.toThrow(/no bucket photos/);
  });

  it('never lets a key outlive its bucket, also one that is created while the bucket is deleted', async () => {
    const kv = await temporaryKv();
    const { buckets, accessKeys } = storesOn(kv);
    for (let round = 0; round < 20; round += 1) {
      await buckets.create(bucketNamed('photos'));
      await accessKeys.create({ bucket: 'photos', role: 'admin' });
      const creating = Array.from({ length: 3 }, () =>
        accessKeys.create({ bucket: 'photos', role: 'admin' }),
      );
      const [deleted] = await Promise.allSettled([buckets.delete('photos'), ...creating]);
      expect(deleted).toMatchObject({ value: true });
      expect(await kv.list({ prefix: 'access-key/', limit: 10 })).toEqual([]);
    }
    expect(await buckets.delete('photos')).toBe(false);
  });
});
