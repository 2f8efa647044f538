import { describe, expect, it } from 'vitest';
import { alignStores } from '../../src/sweep/align.js';
import { type Moving, type MovingOptions, movingBucket } from './moving.js';

const SIGNAL = new AbortController().signal;

const aligned = ({ bucket, stores, ledger }: Moving) =>
  alignStores({ ...stores, ledger, prefix: '', from: '', align: bucket.align }, SIGNAL);

/** What either store has of a key. */
const both = async ({ target, shadow }: Moving, key: string) => [
  await target.text(key),
  await shadow.text(key),
];

describe('before target and shadow change places', () => {
  it('what the shadow has otherwise is copied to it, and what one of them has alone stays there', async () => {
    const moving = await movingBucket({ writeThrough: true });
    await moving.shadow.put('stale', 'old');
    await moving.target.put('stale', 'newer');
    await moving.shadow.put('same', 'same');
    await moving.target.put('same', 'same');
    await moving.shadow.put('left behind', 'old');
    await moving.target.put('new', 'new');
    expect(await aligned(moving)).toEqual({ keys: 3, aligned: 1, isWhole: true });
    expect(await both(moving, 'stale')).toEqual(['newer', 'newer']);
    expect(await both(moving, 'left behind')).toEqual([undefined, 'old']);
    expect(await both(moving, 'new')).toEqual(['new', undefined]);
    expect(moving.asked.target.map(({ method }) => method)).not.toContain('PUT');
  });

  it('what was deleted while the shadow was to be left alone is deleted there after all', async () => {
    const before = await movingBucket({ delete: 'target' });
    await before.shadow.put('key', 'old');
    expect((await before.client.ask('DELETE', 'key')).status).toBe(204);
    await before.settled();
    expect(await before.shadow.text('key')).toBe('old');
    expect((await before.ledger.record('key')).tombstone).toMatchObject({ shadowDelete: 'kept' });

    const moving = await movingBucket({ writeThrough: true });
    await moving.shadow.put('key', 'old');
    await moving.ledger.bury('key', 'kept');
    await aligned(moving);
    expect(await both(moving, 'key')).toEqual([undefined, undefined]);
    expect((await moving.ledger.record('key')).tombstone).toMatchObject({ shadowDelete: 'done' });
  });

  it('what was deleted and written again is in the shadow, too, which would hide it otherwise', async () => {
    const moving = await movingBucket({ writeThrough: true });
    await moving.target.put('key', 'again');
    await moving.ledger.bury('key', 'pending');
    await aligned(moving);
    expect(await both(moving, 'key')).toEqual(['again', 'again']);
  });

  it('a key that the shadow refuses is told, and not barred', async () => {
    const refusing: MovingOptions = {
      writeThrough: true,
      onShadow: (service) => (request) =>
        request.method === 'PUT' ? Promise.resolve({ status: 403, headers: {} }) : service(request),
    };
    const moving = await movingBucket(refusing);
    await moving.shadow.put('key', 'old');
    await moving.target.put('key', 'newer');
    await expect(aligned(moving)).rejects.toMatchObject({ status: 503 });
    expect((await moving.ledger.record('key')).intents).toEqual([]);
  });
});

describe('while target and shadow change places', () => {
  const swapping = (options: MovingOptions = {}) =>
    movingBucket({ writeThrough: true, rung: 'swapping', ...options });

  it('a read waits for the writer of its key, and for no other', async () => {
    const { client, target, ledger } = await swapping();
    await target.put('key', 'old');
    await target.put('other', 'other');
    const intent = await ledger.openIntent('key', 'exclusive');
    let answered = false;
    const read = client.text('key').then((text) => {
      answered = true;
      return text;
    });
    expect(await client.text('other')).toBe('other');
    await target.put('key', 'new');
    expect(answered).toBe(false);
    await ledger.closeIntent(intent);
    expect(await read).toBe('new');
  });

  it('a key that is written for too long is answered SlowDown', async () => {
    const { client, target, ledger } = await swapping();
    await target.put('key', 'old');
    await ledger.openIntent('key', 'exclusive');
    await expect(client.ask('GET', 'key')).rejects.toMatchObject({ code: 'SlowDown' });
  });

  it('what a failed write had left is not shown, when it is settled before the read is answered', async () => {
    let settle: () => Promise<unknown> = async () => undefined;
    const moving = await swapping({
      onTarget: (service) => async (request) => {
        const answer = await service(request);
        if (request.method === 'GET' && request.key === 'key') await settle();
        return answer;
      },
    });
    const { client, target, ledger } = moving;
    await target.put('key', 'of a write that fails');
    settle = async () => {
      settle = async () => undefined;
      const intent = await ledger.openIntent('key', 'exclusive');
      await target.put('key', 'as before');
      await ledger.closeSettled(intent);
    };
    expect(await client.text('key')).toBe('as before');
  });

  it('a listing shows a key that is being written as it is afterwards', async () => {
    const { client, target, shadow, ledger } = await swapping();
    await target.put('a', '1');
    await shadow.put('b', 'half of a write');
    const intent = await ledger.openIntent('b', 'exclusive');
    const listing = client.ask('GET', '', { query: 'list-type=2' });
    await shadow.ask('DELETE', 'b');
    await ledger.closeSettled(intent);
    const text = (await listing).body.toString();
    expect([...text.matchAll(/<Key>([^<]*)/g)].map(([, key]) => key)).toEqual(['a']);
  });

  it('a delete is answered once both stores have made it', async () => {
    const { client, target, shadow, ledger } = await swapping();
    await target.put('key', 'v');
    await shadow.put('key', 'v');
    expect((await client.ask('DELETE', 'key')).status).toBe(204);
    expect([await target.text('key'), await shadow.text('key')]).toEqual([undefined, undefined]);
    expect((await ledger.record('key')).intents).toEqual([]);
  });

  it('a delete that the shadow refuses fails, one of many as well, and its key is barred until it is settled', async () => {
    const { client, target, shadow, ledger } = await swapping({
      onShadow: (service) => (request) =>
        request.method === 'DELETE' ? Promise.resolve({ status: 403, headers: {} }) : service(request),
    });
    for (const key of ['one', 'many']) {
      await target.put(key, 'v');
      await shadow.put(key, 'v');
    }
    await expect(client.ask('DELETE', 'one')).rejects.toMatchObject({ code: 'ServiceUnavailable' });
    const body = '<Delete><Object><Key>many</Key></Object></Delete>';
    expect((await client.ask('POST', '', { query: 'delete', body })).body.toString()).toContain('<Error>');
    for (const key of ['one', 'many']) {
      expect((await ledger.record(key)).intents).toHaveLength(1);
      await expect(client.ask('GET', key)).rejects.toMatchObject({ code: 'SlowDown' });
    }
  });

  it('nothing is copied: what the shadow has alone is read from there', async () => {
    const moving = await swapping();
    await moving.shadow.put('key', 'old');
    expect(await moving.client.text('key')).toBe('old');
    expect(await moving.bucket.migrate('key')).toMatchObject({ state: 'superseded' });
    await moving.settled();
    expect(await moving.target.text('key')).toBeUndefined();
  });
});
