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

  it('takes its own objects with their own bytes, and a few others for a while', async () => {
    const [shape] = keyShapes(1_000);
    if (!shape) throw new Error('no shape');
    const client = new StoreClient(proceduralStore(shape).service, 'b');
    for (const name of ['.first', `${shape.keyAt(500)}-more`, 'z'])
      expect((await client.put(name, 'x')).status).toBe(200);
    const keys = await client.keys();
    expect(keys).toEqual(keys.toSorted(compareKeys));
    expect(keys).toHaveLength(1_003);
    expect(await client.text('.first')).toBe('x');
    await client.ask('DELETE', '.first');
    expect(await client.text('.first')).toBeUndefined();
    await expect(client.put(shape.keyAt(0), 'x')).rejects.toThrow('has other bytes');
    for (let index = 2; index < 16; index += 1) await client.put(`other-${index}`, 'x');
    await expect(client.put('another', 'x')).rejects.toThrow('there is no room for another');
  });
});
