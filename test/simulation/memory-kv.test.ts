import { expect, it } from 'vitest';
import { MemoryKv } from './memory-kv.js';

const open = () => {
  const time = { ms: 0 };
  return { kv: new MemoryKv({ now: () => time.ms }), time };
};

it('tells who watches of every change under the prefix, until the watch ends', async () => {
  const { kv } = open();
  const seen: (string | null)[] = [];
  const end = kv.watch('a/', (key) => seen.push(key));
  await kv.commit({ sets: [{ key: 'a/1', value: '' }] });
  await kv.commit({ sets: [{ key: 'b/1', value: '' }], deletes: ['a/1'] });
  expect(seen).toEqual(['a/1', 'a/1']);
  end();
  await kv.commit({ sets: [{ key: 'a/2', value: '' }] });
  expect(seen).toEqual(['a/1', 'a/1']);
});

it('tells who watches that changes may have been missed while the state was away', () => {
  const { kv } = open();
  const seen: (string | null)[] = [];
  kv.watch('a/', (key) => seen.push(key));
  kv.breakDown();
  kv.comeBack();
  expect(seen).toEqual([null]);
});

it('forgets a pair when its time is over', async () => {
  const { kv, time } = open();
  await kv.commit({ sets: [{ key: 'a', value: '', expireIn: 10 }] });
  time.ms = 9;
  expect(await kv.get('a')).not.toBeNull();
  time.ms = 10;
  expect(await kv.get('a')).toBeNull();
  expect(await kv.list({ limit: 10 })).toEqual([]);
  expect(await kv.commit({ checks: [{ key: 'a', version: null }] })).not.toBeNull();
});
