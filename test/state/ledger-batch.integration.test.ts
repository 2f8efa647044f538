import { expect, it, onTestFinished } from 'vitest';
import { Ledger } from '../../src/state/ledger.js';
import { openRedisKv } from '../../src/state/redis-kv.js';
import { systemClock } from '../../src/system/clock.js';
import { describeWith } from '../support/describe-with.js';
import { startRedis } from '../support/redis.js';

describeWith(['redis-server'], 'a batch on Redis', () => {
  it('holds 1,000 of the longest keys', async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.close());
    const kv = await openRedisKv({ url: redis.url, clock: systemClock });
    onTestFinished(() => kv.close());
    const ledger = new Ledger(kv, 'b', systemClock);
    const { batch } = ledger;
    const keys = Array.from({ length: 1_000 }, (_, index) => String(index).padStart(1_024, 'k'));
    const intents = await batch.openIntents(keys, 'exclusive', 'pending');
    expect(intents.map(({ key }) => key)).toEqual(keys);
    const owed = [...(await ledger.owedDeletes(keys))];
    await batch.noteShadowDeletes(new Map(owed.map(([key, generation]) => [key, { generation }])), intents);
    expect((await kv.getMany(keys.map((key) => `key/b/${key}`))).every(Boolean)).toBe(true);
    expect(await kv.list({ prefix: 'open/', limit: 10 })).toEqual([]);
  });
});
