import { expect, test } from 'vitest';
import { AuditLog } from '../../src/state/audit-log.js';
import { ManualClock } from '../support/manual-clock.js';
import { temporaryKv } from './temporary-kv.js';

const EVENT = { actor: 'session:1', action: 'bucket.create', outcome: 'done' } as const;

async function opened({ keep = 20_000, lookAt = 5_000 } = {}) {
  const clock = new ManualClock();
  const kv = await temporaryKv({ clock });
  return { clock, kv, log: new AuditLog(kv, clock, { keep, lookAt }) };
}

test('the newest come first, page by page', async () => {
  const { log, clock } = await opened();
  for (const object of ['a', 'b', 'c']) {
    await log.append({ ...EVENT, object });
    clock.advance(1_000);
  }
  const first = await log.page({ limit: 2 });
  expect(first.entries.map(({ id, object }) => [id, object])).toEqual([
    [3, 'c'],
    [2, 'b'],
  ]);
  const second = await log.page({ limit: 2, after: first.next });
  expect(second).toMatchObject({ entries: [{ object: 'a' }] });
  expect(second.next).toBeUndefined();
});

test('entries of several gateways at once have an id each', async () => {
  const { log, kv, clock } = await opened();
  const other = new AuditLog(kv, clock);
  const ids = await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 ? log : other).append(EVENT)));
  expect(ids.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
});

test('of more than are kept the oldest goes, and so does what is older than 400 days', async () => {
  const { log, kv, clock } = await opened({ keep: 3 });
  for (const object of ['a', 'b', 'c', 'd', 'e']) await log.append({ ...EVENT, object });
  expect((await log.page({ limit: 10 })).entries.map(({ object }) => object)).toEqual(['e', 'd', 'c']);
  expect(await kv.list({ prefix: 'audit/', limit: 10 })).toHaveLength(3);
  clock.advance(400 * 86_400_000 - 1);
  expect((await log.page({ limit: 10 })).entries).toHaveLength(3);
  clock.advance(1);
  expect((await log.page({ limit: 10 })).entries).toEqual([]);
});

test('more is told of an entry, unless it is gone', async () => {
  const { log } = await opened({ keep: 1 });
  const id = await log.append({ ...EVENT, outcome: 'begun', bucket: 'photos' });
  await log.amend(id, { outcome: 'refused', reason: 'because' });
  const refused = [{ id, bucket: 'photos', outcome: 'refused', reason: 'because' }];
  expect((await log.page({ limit: 9 })).entries).toMatchObject(refused);
  await log.append(EVENT);
  await log.amend(id, { outcome: 'done' });
  expect((await log.page({ limit: 9 })).entries).toMatchObject([{ id: id + 1 }]);
});

test('they are found by bucket, actor, action and time', async () => {
  const { log, clock } = await opened();
  await log.append({ ...EVENT, bucket: 'photos' });
  clock.advance(3_600_000);
  const since = clock.now();
  await log.append({ ...EVENT, bucket: 'films', actor: 'token:ci' });
  await log.append({ ...EVENT, bucket: 'photos', actor: 'token:cd', action: 'bucket.destroy' });
  const ids = async (query: object) => (await log.page({ limit: 9, ...query })).entries.map(({ id }) => id);
  expect(await ids({ bucket: 'photos' })).toEqual([3, 1]);
  expect(await ids({ actor: 'token:' })).toEqual([3, 2]);
  expect(await ids({ actor: 'token:c' })).toEqual([]);
  expect(await ids({ action: 'bucket.create' })).toEqual([2, 1]);
  expect(await ids({ action: 'bucket.', since })).toEqual([3, 2]);
  expect(await ids({ bucket: 'photos', since })).toEqual([3]);
});

test('one page looks at no more entries than it may, and the next goes on from there', async () => {
  const { log } = await opened({ lookAt: 500 });
  await log.append({ ...EVENT, bucket: 'photos' });
  for (let i = 0; i < 500; i += 1) await log.append(EVENT);
  const first = await log.page({ limit: 9, bucket: 'photos' });
  expect(first.entries).toEqual([]);
  expect((await log.page({ limit: 9, bucket: 'photos', after: first.next })).entries).toMatchObject([
    { id: 1 },
  ]);
});
