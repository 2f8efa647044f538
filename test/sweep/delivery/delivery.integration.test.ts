import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { RangeRef } from '../../../src/state/passes/pass-record.js';
import { deliverByQueue } from '../../../src/sweep/delivery/bullmq.js';
import { type Delivery, nameOf, type RangeHandler } from '../../../src/sweep/delivery/delivery.js';
import { deliverInProcess } from '../../../src/sweep/delivery/in-process.js';
import { systemClock } from '../../../src/system/clock.js';
import { describeWith } from '../../support/describe-with.js';
import { type RedisServer, startRedis } from '../../support/redis.js';

const log = pino({ level: 'silent' });

let redis: RedisServer;

const DELIVERIES = {
  'by a queue in Redis': () => deliverByQueue(redis.url, { clock: systemClock, log }),
  'within the process': () => deliverInProcess(log),
} as const;

const refs = (count: number): RangeRef[] => {
  const run = randomUUID();
  return Array.from({ length: count }, (_, index) => ({
    bucketId: 'b:1',
    kind: 'sweep',
    run,
    range: `${index}`,
  }));
};

function started(open: () => Delivery, handler: RangeHandler, atOnce = 4): Delivery {
  const delivery = open();
  onTestFinished(() => delivery.close());
  delivery.start(handler, atOnce);
  return delivery;
}

describeWith(['redis-server'], 'ranges', () => {
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis?.close());

  for (const [how, open] of Object.entries(DELIVERIES)) {
    test(`are brought to somebody, ${how}, a few at once`, async () => {
      const brought: string[] = [];
      let [now, most] = [0, 0];
      const delivery = started(open, async (ref) => {
        now += 1;
        most = Math.max(most, now);
        await systemClock.sleep(10);
        brought.push(nameOf(ref));
        now -= 1;
      });
      const all = refs(20);
      await expect
        .poll(async () => {
          if (brought.length === 0) await delivery.announce(all);
          return new Set(brought).size;
        })
        .toBe(20);
      expect(most).toBeGreaterThan(1);
      expect(most).toBeLessThanOrEqual(4);
    });

    test(`that are announced again while they are worked on are not brought twice, ${how}`, async () => {
      let count = 0;
      const delivery = started(open, async () => {
        count += 1;
        await systemClock.sleep(300);
      });
      const all = refs(1);
      await expect
        .poll(async () => {
          await delivery.announce(all);
          return count;
        })
        .toBe(1);
      for (let index = 0; index < 5; index += 1) {
        await delivery.announce(all);
        await systemClock.sleep(20);
      }
      expect(count).toBe(1);
    });

    test(`are left when the process ends, ${how}: whoever works on one is asked to, and waited for`, async () => {
      let isLeft = false;
      const delivery = open();
      let isBegun = false;
      delivery.start(async (_, signal) => {
        isBegun = true;
        await systemClock.sleep(60_000, signal).catch(() => undefined);
        await systemClock.sleep(20);
        isLeft = true;
      }, 4);
      const all = refs(1);
      await expect
        .poll(async () => {
          await delivery.announce(all);
          return isBegun;
        })
        .toBe(true);
      await delivery.close();
      expect(isLeft).toBe(true);
    });
  }

  test('are shared by the processes that have one queue', async () => {
    const open = DELIVERIES['by a queue in Redis'];
    const by: string[] = [];
    const handlers = ['one', 'other'].map(
      (who): RangeHandler =>
        async () => {
          by.push(who);
          await systemClock.sleep(20);
        },
    );
    const [delivery] = handlers.map((handler) => started(open, handler, 2));
    const all = refs(30);
    await expect
      .poll(async () => {
        if (by.length === 0) await delivery?.announce(all);
        return by.length;
      })
      .toBe(30);
    expect(new Set(by).size).toBe(2);
  });

  test('whose worker fails come back after a while', async () => {
    let count = 0;
    const delivery = started(DELIVERIES['by a queue in Redis'], async () => {
      count += 1;
      if (count === 1) throw new Error('once');
    });
    const all = refs(1);
    await expect
      .poll(
        async () => {
          if (count === 0) await delivery.announce(all);
          return count;
        },
        { timeout: 10_000 },
      )
      .toBe(2);
  });
});
