import { describe, expect, it } from 'vitest';
import type { S3Filter, S3Request } from '../../../src/s3/message.js';
import { type BroughtOver, bringOver } from '../../../src/sweep/compare/bring-over.js';
import { type Drift, judgeDrift } from '../../../src/sweep/compare/drift.js';
import { systemClock } from '../../../src/system/clock.js';
import { type Moving, type MovingOptions, movingBucket } from '../../shadow/moving.js';
import { rowOf } from './rows.js';

const NEVER = new AbortController().signal;

/** A bucket of which `k` was copied; then a legacy writer, and perhaps a client, wrote it. */
async function drifted(options: MovingOptions = {}, clientWrites?: string): Promise<Moving> {
  const moving = await movingBucket(options);
  await moving.shadow.put('k', 'copied');
  await moving.bucket.migrate('k');
  if (clientWrites !== undefined) await moving.client.put('k', clientWrites);
  await moving.shadow.put('k', 'legacy', { 'content-type': 'text/legacy', 'x-amz-meta-a': '1' });
  return moving;
}

const judged = async (moving: Moving, provenance = true): Promise<Drift> =>
  judgeDrift(await rowOf(moving, 'k'), {
    target: moving.stores.target,
    provenance,
    from: moving.from,
    signal: NEVER,
  });

const broughtOver = (moving: Moving, drift: Drift): Promise<BroughtOver> => {
  const { service, replaceCopy } = moving.bucket;
  const clock = { ...systemClock, sleep: async () => undefined };
  const replace = (key: string, etag: string) => replaceCopy(key, { etag, service, signal: NEVER });
  return bringOver('k', drift, { replace, clock, signal: NEVER });
};

/** The object's time in listings is so much later, ms. */
const later =
  (ms: number): S3Filter =>
  (service) =>
  async (request) => {
    const answer = await service(request);
    if (request.operation !== 'ListObjectsV2' || !Buffer.isBuffer(answer.body)) return answer;
    const shifted = (_: string, time: string) =>
      `<LastModified>${new Date(Date.parse(time) + ms).toISOString()}<`;
    const body = Buffer.from(answer.body.toString().replace(/<LastModified>([^<]+)</g, shifted));
    return { ...answer, headers: { ...answer.headers, 'content-length': String(body.length) }, body };
  };

describe('a copy has drifted', () => {
  it('not where both list the same, which takes no request', async () => {
    const moving = await movingBucket();
    await moving.shadow.put('k', 'copied');
    await moving.bucket.migrate('k');
    const row = await rowOf(moving, 'k');
    const asked: S3Request[] = [];
    const target: typeof moving.stores.target = async (request) => {
      asked.push(request);
      return moving.stores.target(request);
    };
    expect(
      await judgeDrift(row, { target, provenance: true, from: moving.from, signal: NEVER }),
    ).toMatchObject({
      verdict: 'same',
    });
    expect(asked).toEqual([]);
  });

  it('where the shadow has another object than the copy tells of', async () => {
    const moving = await drifted();
    const { etag } = (await moving.target.ask('HEAD', 'k')).headers;
    expect(await judged(moving)).toMatchObject({ verdict: 'drifted', by: 'provenance', targetETag: etag });
  });

  it('not where the copy has another ETag than its source had', async () => {
    const moving = await movingBucket();
    await moving.shadow.put('k', 'copied');
    await moving.bucket.migrate('k');
    const { 'content-length': _, ...headers } = (await moving.target.ask('HEAD', 'k')).headers;
    await moving.target.put('k', 'stored otherwise', headers);
    expect(await judged(moving)).toMatchObject({ verdict: 'same', by: 'provenance' });
  });

  it('not where clients have written it since', async () => {
    const moving = await drifted({}, 'by a client');
    expect(await judged(moving)).toMatchObject({ verdict: 'rewritten', by: 'provenance' });
  });

  it('not where a client made it by CopyObject of another copy', async () => {
    const moving = await movingBucket();
    await moving.shadow.put('from', 'copied');
    await moving.bucket.migrate('from');
    await moving.shadow.put('k', 'legacy');
    await moving.client.ask('PUT', 'k', { headers: { 'x-amz-copy-source': 'new/from' } });
    expect(await judged(moving)).toMatchObject({ verdict: 'rewritten' });
  });

  it('not where it is a copy of another shadow, which the bucket had before', async () => {
    const moving = await drifted();
    const settings = { target: moving.stores.target, provenance: true, from: 'another', signal: NEVER };
    expect(await judgeDrift(await rowOf(moving, 'k'), settings)).toMatchObject({ verdict: 'rewritten' });
  });

  it.each([
    ['the shadow wrote it after the target', 5_000, 'drifted'],
    ['the target has it for longer', -5_000, 'rewritten'],
  ])('by times where copies have no provenance: %s', async (_, ms, verdict) => {
    const moving = await drifted({ provenance: false });
    const shadow = later(ms)(moving.stores.shadow);
    const row = await rowOf({ ...moving, stores: { ...moving.stores, shadow } }, 'k');
    const drift = await judgeDrift(row, {
      target: moving.stores.target,
      provenance: false,
      from: moving.from,
      signal: NEVER,
    });
    expect(drift).toMatchObject({ verdict, by: 'times' });
  });
});

describe('where the source wins', () => {
  const legacyInTarget = async (moving: Moving) => {
    const { text, headers } = await moving.target.ask('GET', 'k');
    expect(text).toBe('legacy');
    expect(headers).toMatchObject({ 'content-type': 'text/legacy', 'x-amz-meta-a': '1' });
  };

  it.each([
    ['read-through', true],
    ['exclusive', true],
    ['exclusive', false],
  ] as const)('the copy is replaced by what the shadow has, on %s', async (rung, match) => {
    const conditionalWrites = { put: true, complete: true, match };
    const moving = await drifted({ rung, conditionalWrites });
    expect(await broughtOver(moving, await judged(moving))).toMatchObject({ state: 'replaced', bytes: 6 });
    await legacyInTarget(moving);
    expect(await judged(moving)).toMatchObject({ verdict: 'same' });
    expect((await moving.ledger.record('k')).intents).toEqual([]);
  });

  it('it can drift and be replaced again', async () => {
    const moving = await drifted();
    await broughtOver(moving, await judged(moving));
    await moving.shadow.put('k', 'legacy again');
    expect(await broughtOver(moving, await judged(moving))).toMatchObject({ state: 'replaced' });
    expect(await moving.target.text('k')).toBe('legacy again');
  });

  it.each(['read-through', 'exclusive'] as const)(
    'what clients write meanwhile is kept, on %s',
    async (rung) => {
      const moving = await drifted({ rung });
      const drift = await judged(moving);
      await moving.client.put('k', 'by a client');
      expect(await broughtOver(moving, drift)).toEqual({ state: 'kept' });
      expect(await moving.client.text('k')).toBe('by a client');
    },
  );

  it('what clients write while the copy is on its way is kept', async () => {
    const moving = await drifted();
    const drift = await judged(moving);
    const { service } = moving.bucket;
    const outcome = await moving.bucket.replaceCopy('k', {
      etag: drift.targetETag ?? '',
      signal: NEVER,
      service: async (request) => {
        await moving.client.put('k', 'by a client');
        return service(request);
      },
    });
    expect(outcome).toEqual({ state: 'kept' });
    expect(await moving.client.text('k')).toBe('by a client');
  });

  it.each(['read-through', 'exclusive'] as const)(
    'what clients delete meanwhile stays deleted, on %s',
    async (rung) => {
      const moving = await drifted({ rung, delete: 'target' });
      const drift = await judged(moving);
      await moving.client.ask('DELETE', 'k');
      expect(await broughtOver(moving, drift)).toEqual({ state: 'kept' });
      expect(await moving.client.text('k')).toBeUndefined();
    },
  );

  it('it is tried again until all gateways announce their writes, where the target ignores If-Match', async () => {
    const conditionalWrites = { put: true, complete: true, match: false };
    const moving = await drifted({ conditionalWrites });
    expect(await broughtOver(moving, await judged(moving))).toMatchObject({ state: 'busy' });
    expect(moving.demands()).toBe(7);
    expect(await moving.target.text('k')).toBe('copied');
  });

  it('nothing is written where it might be a client’s, for want of provenance', async () => {
    const moving = await drifted({ provenance: false });
    const drift: Drift = { verdict: 'drifted', by: 'times', reason: '', targetETag: '"e"' };
    expect(await broughtOver(moving, drift)).toMatchObject({ state: 'failed' });
    expect(await moving.target.text('k')).toBe('copied');
  });

  it('nothing is written with write-through, which would write the shadow as well', async () => {
    const moving = await drifted({ writeThrough: true });
    const writes = moving.asked.shadow.length;
    expect(await broughtOver(moving, await judged(moving))).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('write-through'),
    });
    expect(moving.asked.shadow).toHaveLength(writes);
  });

  it('a source that is gone leaves the copy', async () => {
    const moving = await drifted();
    const drift = await judged(moving);
    await moving.shadow.ask('DELETE', 'k');
    expect(await broughtOver(moving, drift)).toEqual({ state: 'kept' });
    expect(await moving.target.text('k')).toBe('copied');
  });

  it('what the target refuses of it is left out, and recorded', async () => {
    const onTarget: S3Filter = (service) => async (request) =>
      request.headers['x-amz-storage-class'] === undefined
        ? service(request)
        : { status: 400, headers: {}, body: Buffer.from('<Error><Code>InvalidStorageClass</Code></Error>') };
    const moving = await drifted({ onTarget });
    await moving.shadow.put('k', 'legacy', { 'x-amz-storage-class': 'STANDARD_IA' });
    expect(await broughtOver(moving, await judged(moving))).toMatchObject({ state: 'replaced' });
    expect(await moving.target.text('k')).toBe('legacy');
    expect(moving.losses).toMatchObject([{ key: 'k', what: 'storage-class' }]);
  });
});
