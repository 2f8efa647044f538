import { describe, expect, it } from 'vitest';
import { keyShapes } from '../../bench/procedural/key-shapes.js';
import { proceduralStore } from '../../bench/procedural/procedural-store.js';
import { compareKeys } from '../../src/s3/keys.js';
import { StoreClient } from '../support/store-client.js';

describe('a store whose objects are computed', () => {
  it.each(keyShapes(3_000).map((shape) => [shape.name, shape] as const))(
    'lists as many different keys as it has, in the order of UTF-8: %s',
    async (_, shape) => {
      const keys = await new StoreClient(proceduralStore(shape).service, 'b').keys();
      expect(keys).toHaveLength(shape.count);
      for (const [index, key] of keys.entries())
        if (index > 0) expect(compareKeys(keys[index - 1] ?? '', key)).toBeLessThan(0);
    },
  );

  it('keeps what it lacks when it is written, and counts what it was asked', async () => {
    const [shape] = keyShapes(1_000);
    if (!shape) throw new Error('no shape');
    const store = proceduralStore(shape, (index) => index % 100 === 0);
    const client = new StoreClient(store.service, 'b');
    const missing = shape.keyAt(200);
    expect(store.objects).toBe(990);
    expect(await client.text(missing)).toBeUndefined();
    expect((await client.put(missing, missing, { 'if-none-match': '*' })).status).toBe(200);
    expect((await client.put(missing, missing, { 'if-none-match': '*' })).status).toBe(412);
    expect(await client.text(missing)).toBe(missing);
    expect(store.objects).toBe(991);
    expect(await client.keys()).toHaveLength(991);
    expect(Object.fromEntries(store.requests)).toEqual({ GetObject: 2, PutObject: 2, ListObjectsV2: 1 });
  });

  it('takes nothing but its own objects', async () => {
    const [shape] = keyShapes(1_000);
    if (!shape) throw new Error('no shape');
    const client = new StoreClient(proceduralStore(shape).service, 'b');
    await expect(client.put('another', 'x')).rejects.toThrow('the bucket has no such object as another');
  });
});
