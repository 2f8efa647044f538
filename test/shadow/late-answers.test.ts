import { describe, expect, it } from 'vitest';
import { BackendUnavailable } from '../../src/backends/backend.js';
import type { S3Filter, S3Request } from '../../src/s3/message.js';
import { systemClock } from '../../src/system/clock.js';
import { read } from '../support/store-client.js';
import { movingBucket } from './moving.js';

const LEASE_MS = 2_000;

type Answer = 502 | 504 | 'lost' | 'unsent';

/** A store that does not itself answer `isHit` requests, as long as the test wants it so. */
function mute(isHit: (request: S3Request) => boolean, answer: Answer) {
  const state = { isMute: true };
  const filter: S3Filter = (service) => async (request) => {
    if (!state.isMute || !isHit(request)) return service(request);
    if (answer === 'lost' || answer === 'unsent')
      throw new BackendUnavailable('it', 'reset', answer === 'lost');
    await read(request);
    return { status: answer, headers: {} };
  };
  return { filter, state };
}

const isDelete = ({ method }: S3Request): boolean => method === 'DELETE';
const isPut = ({ method }: S3Request): boolean => method === 'PUT';

describe.each([502, 504, 'lost'] as const)('a request of which only this is known: %s', (answer) => {
  it('keeps its key barred until it cannot apply any more: a delete of the shadow', async () => {
    const { filter, state } = mute(isDelete, answer);
    const moving = await movingBucket({ writeThrough: true, leaseMs: LEASE_MS, onShadow: filter });
    await moving.client.put('k', 'old');
    expect((await moving.client.ask('DELETE', 'k')).status).toBe(204);
    await expect(moving.client.put('k', 'new')).rejects.toMatchObject({ code: 'SlowDown' });
    state.isMute = false;
    moving.pass(LEASE_MS + 1);
    moving.bucket.startRecovery();
    await expect.poll(async () => (await moving.ledger.record('k')).intents).toEqual([]);
    expect(await moving.shadow.text('k')).toBeUndefined();
    expect((await moving.client.put('k', 'new')).status).toBe(200);
    expect([await moving.target.text('k'), await moving.shadow.text('k')]).toEqual(['new', 'new']);
  });
});

describe.each([502, 504] as const)('a target before which something answers %s', (answer) => {
  it('has a write settled only when that cannot apply any more', async () => {
    const { filter, state } = mute(isPut, answer);
    const moving = await movingBucket({ writeThrough: true, leaseMs: LEASE_MS, onTarget: filter });
    await moving.target.put('k', 'old');
    await moving.shadow.put('k', 'old');
    expect((await moving.client.put('k', 'failed')).status).toBe(answer);
    expect((await moving.ledger.record('k')).intents).toHaveLength(1);
    state.isMute = false;
    moving.pass(LEASE_MS + 1);
    moving.bucket.startRecovery();
    await expect.poll(async () => (await moving.ledger.record('k')).intents).toEqual([]);
    expect([await moving.target.text('k'), await moving.shadow.text('k')]).toEqual(['old', 'old']);
  });
});

describe.each([502, 504] as const)('the end of a copy of which only this is known: %s', (answer) => {
  it('holds writers up until it cannot apply any more, and brings no deleted object back', async () => {
    const { filter, state } = mute(isPut, answer);
    const moving = await movingBucket({ leaseMs: LEASE_MS, onTarget: filter });
    await moving.shadow.put('k', 'old');
    expect(await moving.bucket.migrate('k')).toMatchObject({ state: 'failed' });
    expect((await moving.ledger.record('k')).copies).toMatchObject([{ state: 'committing' }]);
    await expect(moving.client.ask('DELETE', 'k')).rejects.toMatchObject({ code: 'SlowDown' });
    state.isMute = false;
    moving.pass(LEASE_MS + 1);
    moving.bucket.startRecovery();
    await expect.poll(async () => (await moving.ledger.record('k')).copies).toEqual([]);
    expect((await moving.client.ask('DELETE', 'k')).status).toBe(204);
    expect(await moving.client.text('k')).toBeUndefined();
  });
});

it('a delete that was never sent to the shadow does not bar its key', async () => {
  const { filter } = mute(isDelete, 'unsent');
  const moving = await movingBucket({ writeThrough: true, onShadow: filter });
  await moving.client.put('k', 'old');
  await moving.client.ask('DELETE', 'k');
  await moving.settled();
  const { intents, tombstone } = await moving.ledger.record('k');
  expect([intents, tombstone?.shadowDelete]).toEqual([[], 'pending']);
});

describe('a delete that was never sent to the target', () => {
  it.each([
    ['read-through', false],
    ['exclusive', true],
    ['write-through', true],
  ] as const)('does not bar its key: %s', async (rung, honours) => {
    const { filter } = mute(
      ({ method, operation }) => method === 'DELETE' || operation === 'DeleteObjects',
      'unsent',
    );
    const conditionalWrites = { put: honours, complete: honours, match: honours };
    const moving = await movingBucket({ rung, onTarget: filter, conditionalWrites });
    for (const key of ['k', 'batch']) await moving.target.put(key, 'old');
    await expect(moving.client.ask('DELETE', 'k')).rejects.toBeInstanceOf(BackendUnavailable);
    const body = '<Delete><Object><Key>batch</Key></Object></Delete>';
    const { text } = await moving.client.ask('POST', '', { query: 'delete', body });
    expect(text).toContain('<Code>ServiceUnavailable</Code>');
    await moving.settled();
    for (const key of ['k', 'batch']) {
      expect((await moving.ledger.record(key)).intents).toEqual([]);
      expect(await moving.client.text(key)).toBe('old');
    }
  });
});

describe('a store that breaks off before the end of a write is released', () => {
  it.each(['onTarget', 'onShadow'] as const)('leaves nothing anywhere: %s', async (side) => {
    const { filter } = mute(isPut, 'lost');
    const moving = await movingBucket({ writeThrough: true, [side]: filter });
    await expect(moving.client.put('k', 'new')).rejects.toBeInstanceOf(Error);
    await moving.settled();
    expect([await moving.target.text('k'), await moving.shadow.text('k')]).toEqual([undefined, undefined]);
    expect((await moving.ledger.record('k')).intents).toEqual([]);
  });

  it('has what the other has taken settled at once', async () => {
    let breakOff = () => undefined as unknown;
    const onTarget: S3Filter = (service) => (request) =>
      isPut(request)
        ? new Promise((_, reject) => {
            breakOff = () => reject(new BackendUnavailable('it', 'reset', true));
          })
        : service(request);
    const onShadow: S3Filter = (service) => async (request) => {
      const answer = await service(request);
      if (isPut(request)) breakOff();
      await systemClock.sleep(0);
      return answer;
    };
    const moving = await movingBucket({ writeThrough: true, onTarget, onShadow });
    await moving.target.put('k', 'old');
    await expect(moving.client.put('k', 'failed')).rejects.toBeInstanceOf(BackendUnavailable);
    await moving.settled();
    expect([await moving.target.text('k'), await moving.shadow.text('k')]).toEqual(['old', 'old']);
    expect((await moving.ledger.record('k')).intents).toEqual([]);
  });
});

it('a write of nothing that was never sent does not bar its key', async () => {
  const { filter } = mute(isPut, 'unsent');
  const moving = await movingBucket({ writeThrough: true, onShadow: filter });
  await expect(moving.client.put('k', '')).rejects.toMatchObject({ code: 'ServiceUnavailable' });
  expect((await moving.ledger.record('k')).intents).toEqual([]);
});

describe.each([502, 504, 'lost'] as const)('a copy back of which only this is known: %s', (answer) => {
  it('keeps its key barred until it cannot apply any more', async () => {
    const { filter, state } = mute(isPut, answer);
    const moving = await movingBucket({ rung: 'exclusive', leaseMs: LEASE_MS, onShadow: filter });
    await moving.target.put('k', 'in the target');
    await moving.ledger.openIntent('k', 'exclusive');
    moving.pass(LEASE_MS + 1);
    moving.recoverOn('exclusive');
    await expect.poll(() => moving.asked.shadow.some(isPut)).toBe(true);
    await expect(moving.client.put('k', 'new')).rejects.toMatchObject({ code: 'SlowDown' });
    state.isMute = false;
    moving.pass(LEASE_MS + 1);
    moving.recoverOn('exclusive');
    await expect.poll(async () => (await moving.ledger.record('k')).intents).toEqual([]);
  });
});

it('a shadow that is down does not bar keys for good once it is no longer written', async () => {
  const { filter } = mute(() => true, 'unsent');
  const moving = await movingBucket({ rung: 'exclusive', leaseMs: LEASE_MS, onShadow: filter });
  await moving.target.put('k', 'in the target');
  await moving.ledger.openIntent('k', 'exclusive');
  moving.pass(LEASE_MS + 1);
  moving.bucket.startRecovery();
  await expect.poll(async () => (await moving.ledger.record('k')).intents).toEqual([]);
  expect((await moving.client.put('k', 'new')).status).toBe(200);
});
