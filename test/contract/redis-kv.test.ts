import { openRedisKv } from '../../src/state/redis-kv.js';
import { systemClock } from '../../src/system/clock.js';
import { describeWith } from '../support/describe-with.js';
import { startRedis } from '../support/redis.js';
import { kvSuite } from './kv-suite.js';

describeWith(['redis-server'], 'on a real server', () => {
  kvSuite('Redis', async () => {
    const { url, close } = await startRedis();
    return {
      open: () => openRedisKv({ url, clock: systemClock }),
      child: { driver: 'redis', options: { url } },
      close,
    };
  });
});
