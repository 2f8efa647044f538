import { describe, expect, it } from 'vitest';
import type { S3Filter } from '../../../src/s3/message.js';
import { type Moving, movingBucket } from '../moving.js';
import { LARGE, operationsOf, partsAmong, uploadsIn, uploadTo, withoutParts } from './in-parts.js';

const MIB = 1024 * 1024;
const PARTS = Array.from({ length: 9 }, (_, index) => String(index).repeat(1_000 + index));

const rangesAsked = ({ asked }: Moving): (string | undefined)[] =>
  asked.shadow.filter(({ operation }) => operation === 'GetObject').map(({ headers: { range } }) => range);

async function expectSame(moving: Moving, key: string, etag: string): Promise<void> {
  const [copy, source] = [await moving.target.ask('GET', key), await moving.shadow.ask('GET', key)];
  expect(copy.headers.etag).toBe(etag);
  expect(copy.headers['x-amz-meta-color']).toBe('red');
  expect(copy.body.equals(source.body)).toBe(true);
  expect((await moving.ledger.record(key)).copies).toEqual([]);
  expect(await uploadsIn(moving.target)).toBe(0);
}

/** How many requests of an operation a store had at once, each taking its time. */
function counting(operation: string): { readonly filter: S3Filter; most(): number } {
  let [now, most] = [0, 0];
  const filter: S3Filter = (service) => async (request) => {
    if (request.operation !== operation) return service(request);
    now += 1;
    most = Math.max(most, now);
    await new Promise((resolve) => setImmediate(resolve));
    return service(request).finally(() => {
      now -= 1;
    });
  };
  return { filter, most: () => most };
}

describe('a large source that was uploaded in parts', () => {
  it('is read in a range for each part, four at once, each sent once', async () => {
    const { filter, most } = counting('UploadPart');
    const moving = await movingBucket({ onTarget: filter });
    const etag = await uploadTo(moving, 'k', PARTS);
    expect(await moving.bucket.migrate('k', { listed: LARGE })).toEqual({
      state: 'copied',
      bytes: PARTS.join('').length,
    });
    expect(partsAmong(moving.asked.target).sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(rangesAsked(moving)).toHaveLength(9);
    expect(rangesAsked(moving)).toContain('bytes=1000-2000');
    expect(most()).toBe(4);
    await expectSame(moving, 'k', etag);
    expect(moving.losses).toEqual([]);
  });

  it('is not copied when it changes meanwhile, and nothing of it stays', async () => {
    let ranges = 0;
    const onShadow: S3Filter = (service) => async (request) => {
      if (request.headers.range !== undefined) {
        ranges += 1;
        if (ranges === 6) await moving.shadow.put('k', 'changed'.repeat(2_000));
      }
      return service(request);
    };
    const moving: Moving = await movingBucket({ onShadow });
    await uploadTo(moving, 'k', PARTS);
    expect(await moving.bucket.migrate('k', { listed: LARGE })).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('source changed'),
    });
    expect([await uploadsIn(moving.target), await moving.target.text('k')]).toEqual([0, undefined]);
    expect((await moving.ledger.record('k')).copies).toEqual([]);
  });

  it('that is another by now, of one PUT, is copied by one PUT', async () => {
    const moving = await movingBucket();
    await moving.shadow.put('k', 'small');
    expect(await moving.bucket.migrate('k', { listed: LARGE })).toMatchObject({ state: 'copied' });
    expect(operationsOf(moving.asked.target, 'PutObject')).toBe(1);
    expect(await moving.target.text('k')).toBe('small');
  });

  it('goes in one PUT where parts would replace what clients write meanwhile', async () => {
    const moving = await movingBucket({ conditionalWrites: { put: true, complete: false, match: false } });
    await uploadTo(moving, 'k', PARTS);
    expect(await moving.bucket.migrate('k', { listed: LARGE })).toMatchObject({ state: 'copied' });
    expect(rangesAsked(moving)).toEqual([undefined]);
    expect(operationsOf(moving.asked.target, 'PutObject')).toBe(1);
  });

  it('is left to the client who deletes it meanwhile', async () => {
    const moving: Moving = await movingBucket({
      onShadow: (service) => async (request) => {
        if (request.headers.range === 'bytes=0-999') await moving.client.ask('DELETE', 'k');
        return service(request);
      },
      delete: 'target',
    });
    await uploadTo(moving, 'k', PARTS);
    expect(await moving.bucket.migrate('k', { listed: LARGE })).toEqual({ state: 'superseded' });
    expect([await uploadsIn(moving.target), await moving.client.text('k')]).toEqual([0, undefined]);
  });
});

describe('a large source that does not tell its parts', () => {
  const ofParts = (...sizes: number[]): string[] => sizes.map((size, index) => String(index).repeat(size));

  it('is read as one until its parts are found, and then in ranges, as is the next of the same parts', async () => {
    const moving = await movingBucket({ onShadow: withoutParts });
    const first = await uploadTo(moving, 'a', ofParts(8 * MIB, 1));
    expect(await moving.bucket.migrate('a', { listed: LARGE })).toMatchObject({ state: 'copied' });
    expect(rangesAsked(moving)).toEqual([undefined, 'bytes=0-8388607', 'bytes=8388608-8388608']);
    await expectSame(moving, 'a', first);
    const second = await uploadTo(moving, 'b', ofParts(8 * MIB, 2));
    expect(await moving.bucket.migrate('b', { listed: LARGE })).toMatchObject({ state: 'copied' });
    expect(rangesAsked(moving).slice(3)).toEqual(['bytes=0-8388607', 'bytes=8388608-8388609']);
    await expectSame(moving, 'b', second);
  });

  it('has its ETag all the same where its parts are not those of the others', async () => {
    const moving = await movingBucket({ onShadow: withoutParts });
    await uploadTo(moving, 'a', ofParts(8 * MIB, 1));
    await moving.bucket.migrate('a', { listed: LARGE });
    const etag = await uploadTo(moving, 'b', ofParts(10 * MIB, 1));
    expect(await moving.bucket.migrate('b', { listed: LARGE })).toMatchObject({ state: 'copied' });
    await expectSame(moving, 'b', etag);
    expect(moving.losses).toEqual([]);
  });
});
