import { describe, expect, it } from 'vitest';
import { LossBuffer } from '../../src/gateway/loss-buffer.js';
import { CopyLosses, type LossBatch } from '../../src/state/copy-losses.js';
import { KvUnavailable } from '../../src/state/kv.js';
import { systemClock } from '../../src/system/clock.js';
import { createLogger } from '../../src/system/logger.js';
import { temporaryKv } from '../state/temporary-kv.js';
import { ManualClock } from '../support/manual-clock.js';

const log = createLogger({ level: 'silent' });
const ETAG = [{ what: 'etag', reason: 'r' } as const];

describe('what copies lost', () => {
  it('is stored in one batch, some seconds later', async () => {
    const clock = new ManualClock();
    const stored: LossBatch[] = [];
    const store = { add: async (_: string, batch: LossBatch) => void stored.push(batch) };
    const buffer = new LossBuffer({ store, bucketId: 'b', clock, log });
    for (let index = 0; index < 5_000; index += 1) buffer.note(`k${index}`, ETAG);
    expect(stored).toEqual([]);
    clock.advance(5_000);
    await expect.poll(() => stored).toMatchObject([{ counts: [{ count: 5_000 }] }]);
    expect(stored[0]?.newest).toHaveLength(1_000);
    expect(stored[0]?.newest.at(-1)?.key).toBe('k4999');
  });

  it('is stored before its route is left', async () => {
    const losses = new CopyLosses(await temporaryKv());
    const buffer = new LossBuffer({ store: losses, bucketId: 'b', clock: systemClock, log });
    buffer.note('k', ETAG);
    await buffer.drain();
    expect(await losses.counts('b')).toEqual([{ ...ETAG[0], count: 1 }]);
    expect((await losses.page('b', { limit: 10 })).losses).toMatchObject([{ key: 'k', what: 'etag' }]);
  });

  it('is counted once through an outage of the state, with what came meanwhile', async () => {
    const clock = new ManualClock();
    const losses = new CopyLosses(await temporaryKv());
    let isOut = true;
    let attempts = 0;
    const store = {
      async add(...given: Parameters<CopyLosses['add']>) {
        await losses.add(...given);
        attempts += 1;
        if (isOut) throw new KvUnavailable('no answer');
      },
    };
    const buffer = new LossBuffer({ store, bucketId: 'b', clock, log });
    buffer.note('a', ETAG);
    clock.advance(5_000);
    await expect.poll(() => attempts).toBe(1);
    buffer.note('b', ETAG);
    isOut = false;
    await buffer.drain();
    expect(await losses.counts('b')).toMatchObject([{ count: 2 }]);
  });

  it('does not keep a gateway from ending while the state is out', async () => {
    const store = { add: () => Promise.reject(new KvUnavailable('no answer')) };
    const buffer = new LossBuffer({ store, bucketId: 'b', clock: systemClock, log });
    buffer.note('a', ETAG);
    await expect(buffer.drain()).resolves.toBeUndefined();
  });
});
