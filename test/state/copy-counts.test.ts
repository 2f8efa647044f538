import { describe, expect, it } from 'vitest';
import { CopyCounts } from '../../src/state/copy-counts.js';
import { temporaryKv } from './temporary-kv.js';

const FIRST = '2026-01-01T00:00:00.000Z';
const SECOND = '2026-02-01T00:00:00.000Z';

describe('what reads have copied', () => {
  it('is nothing at first, and the sum of all batches then', async () => {
    const counts = new CopyCounts(await temporaryKv());
    expect(await counts.read('b', FIRST)).toEqual({ objects: 0, bytes: 0 });
    await counts.add('b', FIRST, { objects: 2, bytes: 300, id: '1' });
    await counts.add('b', FIRST, { objects: 1, bytes: 5, id: '2' });
    await counts.add('other', FIRST, { objects: 7, bytes: 7, id: '3' });
    expect(await counts.read('b', FIRST)).toEqual({ objects: 3, bytes: 305 });
  });

  it('counts a batch once that is stored again', async () => {
    const counts = new CopyCounts(await temporaryKv());
    for (let i = 0; i < 3; i += 1) await counts.add('b', FIRST, { objects: 2, bytes: 300, id: '1' });
    expect(await counts.read('b', FIRST)).toEqual({ objects: 2, bytes: 300 });
  });

  it('is exact although many gateways add at once', async () => {
    const counts = new CopyCounts(await temporaryKv());
    const ids = Array.from({ length: 30 }, (_, index) => String(index));
    await Promise.all(ids.map((id) => counts.add('b', FIRST, { objects: 1, bytes: 10, id })));
    expect(await counts.read('b', FIRST)).toEqual({ objects: 30, bytes: 300 });
  });

  it('begins anew with another shadow, whatever is told late of the one before', async () => {
    const counts = new CopyCounts(await temporaryKv());
    await counts.add('b', FIRST, { objects: 2, bytes: 300, id: '1' });
    expect(await counts.read('b', SECOND)).toEqual({ objects: 0, bytes: 0 });
    await counts.add('b', SECOND, { objects: 1, bytes: 1, id: '2' });
    await counts.add('b', FIRST, { objects: 5, bytes: 500, id: '3' });
    expect(await counts.read('b', SECOND)).toEqual({ objects: 1, bytes: 1 });
    expect(await counts.read('b', FIRST)).toEqual({ objects: 0, bytes: 0 });
  });

  it('is forgotten', async () => {
    const counts = new CopyCounts(await temporaryKv());
    await counts.add('b', FIRST, { objects: 2, bytes: 300, id: '1' });
    await counts.forget('b');
    expect(await counts.read('b', FIRST)).toEqual({ objects: 0, bytes: 0 });
  });
});
