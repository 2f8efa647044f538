import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSealer, SealBroken } from '../../src/state/sealing.js';
import { createUploadIds, type UploadIds } from '../../src/state/upload-ids.js';
import { temporaryKv } from './temporary-kv.js';

const PAIR = { target: '2~abc/+=', shadow: 'upload-of-the-shadow', digests: true };

/** As one gateway has them; all share the state and the master key. */
async function gateways(bucketIds: readonly string[], masterKeys = [1]): Promise<UploadIds[]> {
  const kv = await temporaryKv();
  return bucketIds.map((bucketId, index) =>
    createUploadIds({ kv, sealer: createSealer(Buffer.alloc(32, masterKeys[index] ?? 1)), bucketId }),
  );
}

describe('an upload id of two uploads', () => {
  it('is opened by every gateway, after any restart', async () => {
    const [one, other] = await gateways(['b', 'b']);
    const pairs = fc.record({ target: fc.string(), shadow: fc.string(), digests: fc.boolean() });
    fc.assert(
      fc.property(pairs, fc.string(), (pair, key) => {
        const id = one?.seal(pair, key) ?? '';
        expect(other?.isSealed(id)).toBe(true);
        expect(other?.open(id, key)).toEqual(pair);
        expect(id).toMatch(/^[A-Za-z0-9._-]+$/);
      }),
    );
  });

  it('stands for the same two uploads once their stores have changed places', async () => {
    const kv = await temporaryKv();
    const sealer = createSealer(Buffer.alloc(32, 1));
    const knowing = (swaps: number) => createUploadIds({ kv, sealer, bucketId: 'b', swaps });
    const [before, swapped, back] = [knowing(1), knowing(2), knowing(3)];
    const id = before.seal(PAIR, 'k');
    const exchanged = { ...PAIR, target: PAIR.shadow, shadow: PAIR.target };
    expect([before, swapped, back].map((ids) => ids.open(id, 'k'))).toEqual([PAIR, exchanged, PAIR]);
    await before.remember(PAIR, id);
    expect(await swapped.sealedIds([PAIR.shadow])).toEqual(new Map([[PAIR.shadow, id]]));
    await swapped.forget(exchanged);
    expect(await back.sealedIds([PAIR.target, PAIR.shadow])).toEqual(new Map());
  });

  it('is shorter than 1 KiB with ids as long as those of AWS', async () => {
    const [ids] = await gateways(['01a0c6d1-0e6a-4a8e-9a6c-0f8c39a8d0b0']);
    const long = 'x'.repeat(160);
    expect(ids?.seal({ target: long, shadow: long, digests: false }, 'k').length).toBeLessThan(1_024);
  });

  it('opens for no other key, under no other master key, and not when it was altered', async () => {
    const [ids, foreign] = await gateways(['b', 'b'], [1, 2]);
    const id = ids?.seal(PAIR, 'k') ?? '';
    expect(() => ids?.open(id, 'other')).toThrow(SealBroken);
    expect(() => foreign?.open(id, 'k')).toThrow(SealBroken);
    expect(() => ids?.open(`${id}x`.replace(/.{4}$/, 'AAAA'), 'k')).toThrow(SealBroken);
  });

  it('is not mistaken for one of another bucket, nor for that of a store', async () => {
    const [ids, others] = await gateways(['b', 'c']);
    const id = ids?.seal(PAIR, 'k') ?? '';
    expect(others?.isSealed(id)).toBe(false);
    expect(ids?.isSealed(PAIR.target)).toBe(false);
  });

  it('is found by the id of the target as long as it is remembered', async () => {
    const [ids, others] = await gateways(['b', 'c']);
    await ids?.remember(PAIR, 'sealed');
    expect(await ids?.sealedIds(['none', PAIR.target])).toEqual(new Map([[PAIR.target, 'sealed']]));
    expect(await others?.sealedIds([PAIR.target])).toEqual(new Map());
    await ids?.forget(PAIR);
    expect(await ids?.sealedIds([PAIR.target])).toEqual(new Map());
  });
});
