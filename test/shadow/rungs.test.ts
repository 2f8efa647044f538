import { describe, expect, it } from 'vitest';
import { S3Error } from '../../src/s3/errors.js';
import type { S3Filter } from '../../src/s3/message.js';
import { type Moving, movingBucket } from './moving.js';

const unreachable: S3Filter = () => () => Promise.reject(new Error('nobody was to ask this store'));

/** What a client is told: a status, or the code of the error that the gateway makes an answer of. */
const told = (answer: Promise<{ status: number }>): Promise<number | string> =>
  answer.then(
    ({ status }) => status,
    (error: unknown) => (error instanceof S3Error ? error.code : Promise.reject(error)),
  );

const absent = { 'if-none-match': '*' };

describe('while clients see the target alone', () => {
  const targetOnly = () => movingBucket({ rung: 'target-only', onShadow: unreachable });

  it('what only the shadow has is not read, listed, copied or an obstacle to a conditional write', async () => {
    const moving = await targetOnly();
    await moving.shadow.put('old', 'of the shadow');
    await moving.target.put('new', 'of the target');
    expect(await moving.client.text('old')).toBeUndefined();
    expect((await moving.client.ask('HEAD', 'old')).status).toBe(404);
    expect(await moving.client.text('new')).toBe('of the target');
    expect(await moving.client.keys()).toEqual(['new']);
    expect(await moving.bucket.migrate('old')).toEqual({ state: 'absent' });
    expect((await moving.client.put('old', 'written', absent)).status).toBe(200);
    expect(await moving.client.text('old')).toBe('written');
  });

  it.each(['old', 'new'])(
    'a delete leaves a tombstone and the shadow alone: of the key "%s"',
    async (key) => {
      const moving = await targetOnly();
      await moving.shadow.put('old', 'of the shadow');
      await moving.target.put('new', 'of the target');
      expect((await moving.client.ask('DELETE', key)).status).toBe(204);
      await moving.settled();
      expect(await moving.ledger.isDeleted(key)).toBe(true);
      expect(await moving.target.text(key)).toBeUndefined();
      expect(await moving.shadow.text('old')).toBe('of the shadow');
    },
  );

  it('a listing that began while both were seen goes on', async () => {
    const both = await movingBucket();
    for (const key of ['a', 'b']) await both.target.put(key, key);
    const first = await both.client.ask('GET', '', { query: 'list-type=2&max-keys=1' });
    const token = /<NextContinuationToken>(.*)<\/NextContinuationToken>/.exec(first.text)?.[1] ?? '';
    const moving = await targetOnly();
    for (const key of ['a', 'b']) await moving.target.put(key, key);
    expect(await moving.client.keys(`continuation-token=${encodeURIComponent(token)}`)).toEqual(['b']);
  });
});

describe('while a shadow is opened', () => {
  async function opening(): Promise<Moving> {
    const moving = await movingBucket({ rung: 'opening', onShadow: unreachable });
    await moving.target.put('new', 'of the target');
    return moving;
  }

  it('what the target has is served, and whatever else the shadow may have a say in has to wait', async () => {
    const { client, bucket } = await opening();
    expect(await client.text('new')).toBe('of the target');
    expect(await told(client.ask('GET', 'old'))).toBe('SlowDown');
    expect(await told(client.ask('HEAD', 'old'))).toBe('SlowDown');
    expect(await told(client.ask('GET', '', { query: 'list-type=2' }))).toBe('SlowDown');
    expect(await told(client.put('old', 'if absent', absent))).toBe('SlowDown');
    expect(await told(client.put('old', 'if the same', { 'if-match': '"x"' }))).toBe('SlowDown');
    expect(await told(client.ask('GET', 'old', { query: 'tagging' }))).toBe('SlowDown');
    expect(await bucket.migrate('old')).toEqual({ state: 'superseded' });
  });

  it('plain writes and deletes go on', async () => {
    const moving = await opening();
    expect((await moving.client.put('k', 'written')).status).toBe(200);
    expect((await moving.client.ask('DELETE', 'k')).status).toBe(204);
    expect(await moving.ledger.isDeleted('k')).toBe(true);
    expect(await told(moving.client.put('new', 'another', absent))).toBe('PreconditionFailed');
  });
});

describe('while writers exclude each other and the shadow is not written', () => {
  const exclusive = () => movingBucket({ rung: 'exclusive' });

  it('a PUT goes to the target alone, once no other writer of the key is under way', async () => {
    const moving = await exclusive();
    await moving.shadow.put('k', 'old');
    const other = await moving.ledger.openIntent('k', 'exclusive');
    expect(await told(moving.client.put('k', 'refused'))).toBe('SlowDown');
    await moving.ledger.closeIntent(other);
    expect((await moving.client.put('k', 'new')).status).toBe(200);
    expect(await moving.target.text('k')).toBe('new');
    expect(await moving.shadow.text('k')).toBe('old');
    expect((await moving.ledger.record('k')).intents).toEqual([]);
  });

  it('a delete of what the target does not have sends the target nothing, and the shadow its delete', async () => {
    const moving = await exclusive();
    await moving.shadow.put('k', 'old');
    expect((await moving.client.ask('DELETE', 'k')).status).toBe(204);
    await moving.settled();
    expect(moving.asked.target.map(({ method }) => method)).not.toContain('DELETE');
    expect(await moving.client.text('k')).toBeUndefined();
    expect(await moving.shadow.text('k')).toBeUndefined();
    expect((await moving.ledger.record('k')).intents).toEqual([]);
  });

  it('a delete of what the target has goes to both', async () => {
    const moving = await exclusive();
    await moving.client.put('k', 'new');
    await moving.shadow.put('k', 'old');
    expect((await moving.client.ask('DELETE', 'k')).status).toBe(204);
    await moving.settled();
    expect(await moving.target.text('k')).toBeUndefined();
    expect(await moving.shadow.text('k')).toBeUndefined();
  });

  it('readers look at the target again before they answer from the shadow', async () => {
    const moving = await movingBucket({
      rung: 'exclusive',
      onShadow: (service) => async (request) => {
        const answer = await service(request);
        if (request.method === 'GET') await moving.target.put('k', 'written meanwhile');
        return answer;
      },
    });
    await moving.shadow.put('k', 'old');
    expect(await moving.client.text('k')).toBe('written meanwhile');
  });
});
