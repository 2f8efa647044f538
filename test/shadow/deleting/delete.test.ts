import { describe, expect, it } from 'vitest';
import type { S3Filter } from '../../../src/s3/message.js';
import { systemClock } from '../../../src/system/clock.js';
import { heedingSignal, type MovingOptions, movingBucket } from '../moving.js';

const refusingDeletes: S3Filter = (service) => async (request) =>
  request.operation === 'DeleteObject' || request.operation === 'DeleteObjects'
    ? { status: 503, headers: {} }
    : service(request);

const document = (keys: readonly string[], quiet = false) =>
  `<Delete><Quiet>${quiet}</Quiet>${keys.map((key) => `<Object><Key>${key}</Key></Object>`).join('')}</Delete>`;

/** Longer than a shadow that failed once is left in peace. */
const BACKOFF_MS = 60_000;

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

  it('of the null version is one of the object, for stores without versions call theirs so', async () => {
    const moving = await movingBucket({ writeThrough });
    const query = 'versionId=null';
    for (const key of ['k', 'batch']) {
      await moving.target.put(key, 'new');
      await moving.shadow.put(key, 'old');
    }
    await moving.shadow.put('unmoved', 'old');
    expect((await moving.client.ask('DELETE', 'k', { query })).status).toBe(204);
    expect((await moving.client.ask('DELETE', 'unmoved', { query })).status).toBe(204);
    const body = '<Delete><Object><Key>batch</Key><VersionId>null</VersionId></Object></Delete>';
    expect((await moving.client.ask('POST', '', { query: 'delete', body })).text).toContain(
      '<VersionId>null',
    );
    await moving.settled();
    expect(await moving.client.keys()).toEqual([]);
    expect(await moving.client.text('k')).toBeUndefined();
  });

  it('of the null version of a key that the target does not have leaves a write that comes meanwhile alone', async () => {
    let write: (() => Promise<unknown>) | undefined;
    const writeOnce = async () => {
      const once = write;
      write = undefined;
      await once?.();
    };
    const onTarget: S3Filter = (service) => async (request) => {
      if (request.operation === 'DeleteObject') await writeOnce();
      return service(request);
    };
    const moving = await movingBucket({ rung: writeThrough ? 'exclusive' : 'read-through', onTarget });
    await moving.shadow.put('k', 'old');
    write = () => moving.target.put('k', 'new');
    expect((await moving.client.ask('DELETE', 'k', { query: 'versionId=null' })).status).toBe(204);
    await writeOnce();
    await moving.settled();
    expect(await moving.client.text('k')).toBe('new');
  });

  it('of the null version reaches a delete marker of which the target tells only in listings of versions', async () => {
    const marker =
      '<DeleteMarker><Key>k</Key><VersionId>null</VersionId><IsLatest>true</IsLatest><LastModified>2026-01-01T00:00:00.000Z</LastModified></DeleteMarker>';
    const body = Buffer.from(
      `<ListVersionsResult><IsTruncated>false</IsTruncated>${marker}</ListVersionsResult>`,
    );
    const onTarget: S3Filter = (service) => async (request) =>
      request.operation === 'ListObjectVersions' ? { status: 200, headers: {}, body } : service(request);
    const moving = await movingBucket({ writeThrough, onTarget });
    await moving.client.ask('DELETE', 'k', { query: 'versionId=null' });
    expect(moving.asked.target.map(({ operation }) => operation)).toContain('DeleteObject');
  });

  it('of another version is the affair of the target', async () => {
    const moving = await movingBucket({ writeThrough });
    await moving.shadow.put('k', 'old');
    await moving.client.ask('DELETE', 'k', { query: 'versionId=v1' });
    expect(moving.asked.target.map(({ method }) => method)).toContain('DELETE');
    expect(await moving.client.text('k')).toBe('old');
  });

  it('of the last version that the target has does not bring the object of the shadow back', async () => {
    const ofTheOnlyVersion: S3Filter = (service) => (request) =>
      service(request.operation === 'DeleteObject' ? { ...request, query: [] } : request);
    const moving = await movingBucket({ writeThrough, onTarget: ofTheOnlyVersion });
    await moving.shadow.put('k', 'old');
    await moving.client.put('k', 'new');
    await moving.client.ask('DELETE', 'k', { query: 'versionId=v1' });
    expect(await moving.client.text('k')).toBeUndefined();
    expect(await moving.client.keys()).toEqual([]);
  });

  it.each(['target', 'shadow'] as const)(
    'with If-Match is judged by the object of the %s',
    async (holder) => {
      const moving = await movingBucket({ writeThrough });
      const { headers } = await moving[holder].put('k', 'old');
      const remove = (etag: string) =>
        moving.client.ask('DELETE', 'k', { headers: { 'if-match': etag } }).catch((error: unknown) => error);
      expect(await remove('"other"')).toMatchObject({ status: 412 });
      await moving.settled();
      expect(await moving.client.text('k')).toBe('old');
      expect((await moving.ledger.record('k')).intents).toEqual([]);
      expect(await remove(headers.etag ?? '')).toMatchObject({ status: 204 });
      expect(await moving.client.text('k')).toBeUndefined();
    },
  );

  it('of many keys deletes none whose ETag is another than was named', async () => {
    const moving = await movingBucket({ writeThrough });
    for (const key of ['a', 'b']) await moving.target.put(key, 'x');
    const named = '<Object><Key>a</Key><ETag>"other"</ETag></Object><Object><Key>b</Key></Object>';
    const body = `<Delete>${named}</Delete>`;
    const { text } = await moving.client.ask('POST', '', { query: 'delete', body });
    expect(text).toContain('<Error><Key>a</Key><Code>PreconditionFailed</Code>');
    expect(await moving.client.keys()).toEqual(['a']);
  });

  it('of one key twice, and of a thousand keys, names each', async () => {
    const moving = await movingBucket({ writeThrough });
    const keys = [...Array.from({ length: 999 }, (_name, index) => `k${index}`), 'k0'];
    const { text } = await moving.client.ask('POST', '', { query: 'delete', body: document(keys) });
    expect(text.match(/<Deleted>/g)).toHaveLength(1_000);
  });

  it('ends although its client leaves, and bars the key to nobody', async () => {
    const gone = new AbortController();
    const onTarget: S3Filter = (service) => async (request) => {
      if (request.method === 'DELETE') gone.abort(new Error('the client left'));
      return heedingSignal(service)(request);
    };
    const moving = await movingBucket({ writeThrough, onTarget });
    await moving.target.put('k', 'x');
    await moving.client.ask('DELETE', 'k', { signal: gone.signal }).catch(() => undefined);
    await moving.settled();
    expect((await moving.ledger.record('k')).intents).toEqual([]);
    expect((await moving.client.put('k', 'again')).status).toBe(200);
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
  moving.pass(BACKOFF_MS);
  moving.bucket.startRecovery();
  await expect.poll(() => moving.shadow.text('k')).toBeUndefined();
});

describe("a delete of an object under a customer's key, of which HEAD tells nothing without that key", () => {
  const secretive: S3Filter = (service) => async (request) =>
    request.operation === 'HeadObject' ? { status: 400, headers: {} } : service(request);

  it.each(['read-through', 'exclusive', 'write-through'] as const)('is made on the rung %s', async (rung) => {
    const moving = await movingBucket({ rung, onTarget: secretive });
    await moving.target.put('k', 'new');
    await moving.shadow.put('k', 'old');
    expect((await moving.client.ask('DELETE', 'k')).status).toBe(204);
    expect(await moving.client.text('k')).toBeUndefined();
  });

  it('has to wait when the target does not list it either', async () => {
    const moving = await movingBucket({ onTarget: secretive });
    await moving.shadow.put('k', 'old');
    await expect(moving.client.ask('DELETE', 'k')).rejects.toMatchObject({ code: 'ServiceUnavailable' });
  });
});

it('a delete that cannot tell what the target has leaves no intent behind', async () => {
  let heads = 0;
  const onTarget: S3Filter = (service) => async (request) => {
    if (request.method === 'HEAD' && request.key === 'k') heads += 1;
    return heads === 2 ? { status: 503, headers: {} } : service(request);
  };
  const moving = await movingBucket({ onTarget });
  await moving.shadow.put('k', 'old');
  await expect(moving.client.ask('DELETE', 'k')).rejects.toMatchObject({ status: 503 });
  expect((await moving.ledger.record('k')).intents).toEqual([]);
});

describe('recovery', () => {
  /** Deletes that the shadow owes: it refuses them until told otherwise. */
  async function owing(keys: readonly string[], options: MovingOptions = {}) {
    const shadow = { refuses: true, asked: 0, delayMs: 5 };
    const onShadow: S3Filter = (service) => async (request) => {
      if (request.method !== 'DELETE') return service(request);
      shadow.asked += 1;
      await systemClock.sleep(shadow.delayMs);
      return (shadow.refuses ? refusingDeletes(service) : service)(request);
    };
    const moving = await movingBucket({ ...options, onShadow });
    for (const key of keys) {
      await moving.shadow.put(key, 'old');
      await moving.client.ask('DELETE', key);
    }
    const isNoted = async (key: string) =>
      (await moving.ledger.record(key)).tombstone?.lastError !== undefined;
    await expect.poll(async () => (await Promise.all(keys.map(isNoted))).every(Boolean)).toBe(true);
    moving.pass(BACKOFF_MS);
    return { moving, shadow };
  }

  it.each([false, true])(
    'of one key that fails leaves none waiting behind it, write-through %s',
    async (writeThrough) => {
      let broken = false;
      const onTarget: S3Filter = (service) => async (request) =>
        broken && request.key === 'a' ? { status: 403, headers: {} } : service(request);
      const { moving, shadow } = await owing(['a', 'b'], { onTarget, writeThrough });
      shadow.refuses = false;
      broken = true;
      moving.bucket.startRecovery();
      await expect.poll(() => moving.shadow.text('b')).toBeUndefined();
      await expect.poll(async () => (await moving.ledger.record('a')).intents).toEqual([]);
    },
  );

  it('ends with a drain, however much is left', async () => {
    const keys = Array.from({ length: 60 }, (_, index) => `k${index}`);
    const { moving, shadow } = await owing(keys);
    shadow.asked = 0;
    shadow.delayMs = 200;
    moving.bucket.startRecovery();
    await expect.poll(() => shadow.asked).toBeGreaterThan(0);
    await moving.settled();
    expect(shadow.asked).toBeLessThan(keys.length);
  });
});
