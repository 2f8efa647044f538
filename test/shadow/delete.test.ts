import { describe, expect, it } from 'vitest';
import type { S3Filter } from '../../src/s3/message.js';
import { movingBucket } from './moving.js';

const refusingDeletes: S3Filter = (service) => async (request) =>
  request.method === 'DELETE' ? { status: 503, headers: {} } : service(request);

const document = (keys: readonly string[], quiet = false) =>
  `<Delete><Quiet>${quiet}</Quiet>${keys.map((key) => `<Object><Key>${key}</Key></Object>`).join('')}</Delete>`;

describe.each([
  ['without', false],
  ['with', true],
])('a DELETE %s write-through', (_, writeThrough) => {
  it.each([
    ['both have', ['target', 'shadow']],
    ['only the target has', ['target']],
    ['only the shadow has', ['shadow']],
    ['neither has', []],
  ] as const)('of a key that %s is answered 204 and made in both', async (_name, holders) => {
    const moving = await movingBucket({ writeThrough });
    for (const holder of holders) await moving[holder].put('k', 'old');
    expect((await moving.client.ask('DELETE', 'k')).status).toBe(204);
    expect(await moving.client.text('k')).toBeUndefined();
    await moving.settled();
    expect(await moving.target.text('k')).toBeUndefined();
    expect(await moving.shadow.text('k')).toBeUndefined();
  });

  it('leaves the shadow alone when it is told to, and the key stays deleted', async () => {
    const moving = await movingBucket({ writeThrough, delete: 'target' });
    await moving.shadow.put('k', 'old');
    await moving.client.ask('DELETE', 'k');
    await moving.settled();
    expect(await moving.shadow.text('k')).toBe('old');
    expect(await moving.client.text('k')).toBeUndefined();
    expect((await moving.client.ask('HEAD', 'k')).status).toBe(404);
    expect((await moving.client.ask('GET', 'k', { headers: { range: 'bytes=0-1' } })).status).toBe(404);
    expect(await moving.bucket.migrate('k')).toEqual({ state: 'deleted' });
    expect(await moving.client.keys()).toEqual([]);
  });

  it('holds although the shadow fails, and the delete stays owed', async () => {
    const moving = await movingBucket({ writeThrough, onShadow: refusingDeletes });
    await moving.shadow.put('k', 'old');
    expect((await moving.client.ask('DELETE', 'k')).status).toBe(204);
    await moving.settled();
    expect(await moving.client.text('k')).toBeUndefined();
    expect((await moving.ledger.record('k')).tombstone).toMatchObject({
      shadowDelete: 'pending',
      lastError: 'status 503',
    });
  });

  it('that the target refuses is answered so, and the object stays', async () => {
    const moving = await movingBucket({ writeThrough, onTarget: refusingDeletes });
    await moving.target.put('k', 'new');
    expect((await moving.client.ask('DELETE', 'k')).status).toBe(503);
    await moving.settled();
    expect(await moving.client.text('k')).toBe('new');
  });

  it('does not outlive a later write', async () => {
    const moving = await movingBucket({ writeThrough });
    await moving.shadow.put('k', 'old');
    await moving.client.ask('DELETE', 'k');
    await moving.client.put('k', 'new');
    await moving.settled();
    expect(await moving.client.text('k')).toBe('new');
    expect(await moving.client.keys()).toEqual(['k']);
  });

  it('comes back by no read that began before it', async () => {
    let meanwhile: (() => Promise<unknown>) | undefined;
    const onShadow: S3Filter = (service) => async (request) => {
      const answer = await service(request);
      if (request.operation === 'GetObject') await meanwhile?.();
      return answer;
    };
    const moving = await movingBucket({ writeThrough, onShadow });
    await moving.shadow.put('k', 'old');
    meanwhile = () => moving.client.ask('DELETE', 'k');
    await moving.client.text('k');
    await moving.settled();
    expect(await moving.target.text('k')).toBeUndefined();
    expect(await moving.client.text('k')).toBeUndefined();
  });

  it('of many keys names each, and every one is gone', async () => {
    const moving = await movingBucket({ writeThrough });
    const keys = Array.from({ length: 200 }, (_name, index) => `many/${index}`);
    for (const [index, key] of keys.entries()) await moving[index % 2 ? 'target' : 'shadow'].put(key, 'x');
    const { status, text } = await moving.client.ask('POST', '', { query: 'delete', body: document(keys) });
    expect(status).toBe(200);
    for (const key of keys) expect(text).toContain(`<Deleted><Key>${key}</Key></Deleted>`);
    expect(await moving.client.keys()).toEqual([]);
    await moving.settled();
    expect(await moving.shadow.keys()).toEqual([]);
  });

  it('of many keys reports each failure', async () => {
    const moving = await movingBucket({ writeThrough, onTarget: refusingDeletes });
    await moving.target.put('k', 'x');
    const { text } = await moving.client.ask('POST', '', { query: 'delete', body: document(['k'], true) });
    expect(text).toContain('<Error><Key>k</Key>');
  });
});

it('a delete that finds nothing in the target sends the target none: it could hit a later write', async () => {
  const moving = await movingBucket();
  await moving.shadow.put('k', 'old');
  await moving.client.ask('DELETE', 'k');
  expect(moving.asked.target.map(({ method }) => method)).not.toContain('DELETE');
});

it('a delete owed to the shadow is made by recovery', async () => {
  let refuse = true;
  const onShadow: S3Filter = (service) => (request) => (refuse ? refusingDeletes(service) : service)(request);
  const moving = await movingBucket({ onShadow });
  await moving.shadow.put('k', 'old');
  await moving.client.ask('DELETE', 'k');
  await expect.poll(async () => (await moving.ledger.record('k')).tombstone?.lastError).toBeDefined();
  refuse = false;
  moving.bucket.startRecovery();
  await expect.poll(() => moving.shadow.text('k')).toBeUndefined();
});
