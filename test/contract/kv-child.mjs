// A process of its own on a key-value store, over the built package: kv-child.mjs STORE increment KEY TIMES | set KEY VALUE | flood PREFIX
import { openLmdbKv } from '../../dist/src/state/lmdb-kv.js';
import { openRedisKv } from '../../dist/src/state/redis-kv.js';
import { systemClock } from '../../dist/src/system/clock.js';

const [, , store, command, key, argument] = process.argv;
const { driver, options } = JSON.parse(store);
const kv = await { lmdb: openLmdbKv, redis: openRedisKv }[driver]({ ...options, clock: systemClock });

async function increment(times) {
  for (let done = 0; done < times; ) {
    const entry = await kv.get(key);
    const value = `${Number(entry?.value ?? 0) + 1}`;
    const checks = [{ key, version: entry?.version ?? null }];
    if ((await kv.commit({ checks, sets: [{ key, value }] })) !== null) done += 1;
  }
}

/** Writes two keys alike, again and again, until it is killed. */
async function flood() {
  for (let round = 1; ; round += 1) {
    await kv.commit({ sets: ['a', 'b'].map((name) => ({ key: key + name, value: `${round}` })) });
    if (round === 100) process.stdout.write('flooding\n');
  }
}

if (command === 'flood') await flood();
else if (command === 'increment') await increment(Number(argument));
else await kv.commit({ sets: [{ key, value: argument }] });
await kv.close();
