import { expect, it } from 'vitest';
import { movingBucket } from '../../shadow/moving.js';
import { BUCKET, type Sweeping, sweeping } from './sweeping.js';

const LIST = { digest: 'a'.repeat(64), keys: 3, bytes: 0 };
const named = (...keys: string[]) => keys.map((key) => ({ key, size: 1 }));

async function begun() {
  const moving = await movingBucket();
  for (const key of ['a', 'b', 'c', 'd']) await moving.shadow.put(key, key);
  const sweep = await sweeping(moving);
  const { run } = await sweep.control.startNamed(BUCKET, LIST);
  return { moving, sweep, run };
}

const add = (sweep: Sweeping, keys: Parameters<Sweeping['control']['addKeys']>[1]) =>
  sweep.control.addKeys(BUCKET, keys);

it('copies the keys that are named and no others, as they come', async () => {
  const { moving, sweep, run } = await begun();
  sweep.work();
  expect(await add(sweep, { run, from: 0, keys: named('a', 'c'), isLast: false })).toEqual({
    keys: 2,
    isFull: false,
  });
  await expect.poll(() => moving.target.keys()).toEqual(['a', 'c']);
  expect((await sweep.progress()).pass.state).toBe('running');
  await add(sweep, { run, from: 2, keys: named('nowhere'), isLast: true });
  const { tally, total } = await sweep.until('done');
  expect(tally.counts).toMatchObject({ copied: { objects: 2 }, gone: { objects: 1 } });
  expect([total.objects, await moving.target.keys()]).toEqual([3, ['a', 'c']]);
});

it('takes keys once, however often they are sent, and tells where the list goes on', async () => {
  const { sweep, run } = await begun();
  for (let again = 0; again < 2; again += 1)
    expect(await add(sweep, { run, from: 0, keys: named('a', 'b'), isLast: false })).toMatchObject({
      keys: 2,
    });
  expect(await add(sweep, { run, from: 1, keys: named('b'), isLast: false })).toMatchObject({ keys: 2 });
  expect((await sweep.control.startNamed(BUCKET, LIST)).plan.manifest?.keys).toBe(2);
  await add(sweep, { run, from: 2, keys: [], isLast: true });
  sweep.work();
  expect((await sweep.until('done')).tally.counts).toEqual({ copied: { objects: 2, bytes: 2 } });
});

it('takes no more than there are hands for', async () => {
  const { sweep, run } = await begun();
  for (let from = 0; from < 64; from += 1)
    await add(sweep, { run, from, keys: named(`k${from}`), isLast: false });
  expect(await add(sweep, { run, from: 64, keys: named('one more'), isLast: true })).toEqual({
    keys: 64,
    isFull: true,
  });
});

it('goes on after a pause without a plan, and refuses another list meanwhile', async () => {
  const { sweep, run } = await begun();
  await sweep.control.pause(BUCKET, 'sweep');
  expect((await sweep.control.resume(BUCKET, 'sweep')).state).toBe('running');
  const other = { ...LIST, digest: 'b'.repeat(64) };
  await expect(sweep.control.startNamed(BUCKET, other)).rejects.toThrow('stop it first');
  await sweep.control.stop(BUCKET, 'sweep');
  await expect(add(sweep, { run, from: 0, keys: named('a'), isLast: true })).rejects.toThrow('is over');
});

it('is done at once where nothing is named', async () => {
  const { sweep, run } = await begun();
  await add(sweep, { run, from: 0, keys: [], isLast: true });
  expect((await sweep.progress()).pass.state).toBe('done');
});
