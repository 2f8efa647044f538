import { describe, expect, it } from 'vitest';
import { indexAfter, type KeyShape, keyShapes } from '../../../bench/procedural/key-shapes.js';
import { proceduralStore } from '../../../bench/procedural/procedural-store.js';
import { compareKeys } from '../../../src/s3/keys.js';
import type { S3Service } from '../../../src/s3/message.js';
import { ListingRefused } from '../../../src/shadow/listing/store-page.js';
import { type Plan, planRanges } from '../../../src/sweep/plan/plan-ranges.js';
import { splitRange } from '../../../src/sweep/plan/split-range.js';
import type { KeyRange } from '../../../src/sweep/row.js';

const { signal } = new AbortController();
const KEYS = 50_000;
const options = { prefix: '', signal, rangeObjects: 2_500 };

const shapeNamed = (name: string, count = KEYS): KeyShape => {
  const found = keyShapes(count).find((shape) => shape.name === name);
  if (!found) throw new Error(`no shape ${name}`);
  return found;
};

const sizesOf = (shape: KeyShape, ranges: readonly KeyRange[]): number[] =>
  ranges.map(({ after, upTo }) => {
    const end = upTo === undefined ? shape.count : indexAfter(shape, upTo);
    return end - (after === undefined ? 0 : indexAfter(shape, after));
  });

const largestToMean = (shape: KeyShape, { ranges }: Plan): number =>
  Math.max(...sizesOf(shape, ranges)) / (shape.count / ranges.length);

/** Shapes of which no range is twice as large as the mean. */
const EVEN = new Set([
  'uuids',
  'hashes in directories',
  'zero-padded counter',
  'counter',
  'keys of 1,024 bytes',
]);

function assertWhole({ ranges }: Plan): void {
  expect(ranges.length).toBeGreaterThan(5);
  expect(ranges[0]).not.toHaveProperty('after');
  expect(ranges.at(-1)).not.toHaveProperty('upTo');
  for (const [index, { after, upTo = '' }] of ranges.slice(0, -1).entries()) {
    expect(ranges[index + 1]?.after).toBe(upTo);
    expect(compareKeys(after ?? '', upTo)).toBeLessThan(0);
    expect(Buffer.byteLength(upTo)).toBeLessThanOrEqual(1024);
    expect(Buffer.from(upTo).toString()).toBe(upTo);
  }
}

const shapeOf = (name: string, keys: readonly string[]): KeyShape => {
  const sorted = keys.toSorted(compareKeys);
  return { name, count: sorted.length, keyAt: (index) => sorted[index] ?? '' };
};

describe('a plan of ranges', () => {
  it.each(keyShapes(KEYS).map((shape) => [shape.name, shape] as const))(
    'covers all keys without a hole, and knows about how many there are: %s',
    async (_, shape) => {
      const plan = await planRanges(proceduralStore(shape).service, options);
      assertWhole(plan);
      const known = plan.objects / shape.count;
      expect(plan).toMatchObject({ isExact: false, basis: expect.stringContaining('estimated') });
      expect(known).toBeGreaterThan(EVEN.has(shape.name) ? 0.9 : 0.4);
      expect(known).toBeLessThan(EVEN.has(shape.name) ? 1.1 : 2.5);
      if (EVEN.has(shape.name)) expect(largestToMean(shape, plan)).toBeLessThan(2);
    },
  );

  it('lists a fraction of a large bucket', async () => {
    const store = proceduralStore(shapeNamed('uuids', 1_000_000));
    const { probes } = await planRanges(store.service, { prefix: '', signal, rangeObjects: 4_000 });
    expect(store.requests.get('ListObjectsV2')).toBe(probes);
    expect(probes).toBeLessThan(1_000);
  });

  it('is one range, and exact, where the bucket has a few pages', async () => {
    const plan = await planRanges(proceduralStore(shapeNamed('uuids', 3_500)).service, {
      prefix: '',
      signal,
    });
    expect(plan).toMatchObject({
      ranges: [{ objects: 3_500 }],
      objects: 3_500,
      meanBytes: 36,
      isExact: true,
    });
    expect(plan.probes).toBe(4);
  });

  it('is one range, and exact, where the bucket is empty', async () => {
    const plan = await planRanges(proceduralStore(shapeOf('none', [])).service, { prefix: '', signal });
    expect(plan).toMatchObject({ ranges: [{ objects: 0 }], objects: 0, meanBytes: 0, isExact: true });
  });

  it('has to do with the keys of its prefix alone', async () => {
    const shape = shapeNamed('hashes in directories');
    const prefix = 'objects/7';
    const first = indexAfter(shape, prefix);
    const last = indexAfter(shape, 'objects/8');
    const plan = await planRanges(proceduralStore(shape).service, { prefix, signal, rangeObjects: 300 });
    expect(plan.objects / (last - first)).toBeCloseTo(1, 1);
    for (const { upTo } of plan.ranges.slice(0, -1)) expect(upTo).toMatch(/^objects\/7/);
  });

  it('has no more ranges, and asks for no more pages, than it may', async () => {
    const store = proceduralStore(shapeNamed('uuids'));
    const bounded = { ...options, rangeObjects: 500, maxRanges: 7, maxProbes: 100 };
    const plan = await planRanges(store.service, bounded);
    expect(plan.ranges).toHaveLength(7);
    expect(plan.probes).toBeLessThanOrEqual(100);
  });

  it('ends with its signal', async () => {
    const stop = new AbortController();
    const { service } = proceduralStore(shapeNamed('uuids'));
    let asked = 0;
    const source: S3Service = (request) => {
      asked += 1;
      if (asked === 10) stop.abort(new Error('stopped'));
      return service(request);
    };
    await expect(planRanges(source, { ...options, signal: stop.signal })).rejects.toThrow('stopped');
    expect(asked).toBeLessThan(30);
  });

  it('is refused where the store does not list', async () => {
    const source: S3Service = async () => ({ status: 403, headers: {} });
    await expect(planRanges(source, options)).rejects.toThrow(ListingRefused);
  });
});

describe('a range that is cut', () => {
  it.each(keyShapes(KEYS).map((shape) => [shape.name, shape] as const))(
    'becomes several that have all of its keys: %s',
    async (_, shape) => {
      const range = { after: shape.keyAt(10_000), upTo: shape.keyAt(40_000) };
      const store = proceduralStore(shape);
      const pieces = await splitRange(store.service, range, options);
      expect(pieces.length).toBeGreaterThan(2);
      expect(pieces[0]?.after).toBe(range.after);
      expect(pieces.at(-1)?.upTo).toBe(range.upTo);
      for (const [index, { upTo }] of pieces.slice(0, -1).entries())
        expect(pieces[index + 1]?.after).toBe(upTo);
      for (const size of sizesOf(shape, pieces)) expect(size).toBeGreaterThan(0);
    },
  );

  it('becomes ranges of about the wanted size', async () => {
    const shape = shapeNamed('uuids');
    const range = { after: shape.keyAt(10_000) };
    const pieces = await splitRange(proceduralStore(shape).service, range, {
      ...options,
      rangeObjects: 10_000,
    });
    expect(pieces).toHaveLength(4);
    for (const size of sizesOf(shape, pieces)) expect(Math.abs(size - 10_000)).toBeLessThan(2_000);
  });

  it('costs no more list calls than its plan would have', async () => {
    const shape = shapeNamed('directories by rank', 1_000_000);
    const store = proceduralStore(shape);
    const pieces = await splitRange(
      store.service,
      { after: shape.keyAt(0), upTo: shape.keyAt(100_000) },
      {
        ...options,
        rangeObjects: 25_000,
      },
    );
    expect(pieces.length).toBeLessThan(8);
    expect(store.requests.get('ListObjectsV2')).toBeLessThan(60);
  });

  it('stays as it is where it has no more than a range is to have', async () => {
    const shape = shapeNamed('uuids');
    const range = { after: shape.keyAt(10_000), upTo: shape.keyAt(13_000) };
    expect(await splitRange(proceduralStore(shape).service, range, options)).toEqual([range]);
  });
});
