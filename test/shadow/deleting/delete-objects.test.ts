import { describe, expect, it } from 'vitest';
import { BackendUnavailable } from '../../../src/backends/backend.js';
import type { S3Filter, S3Request } from '../../../src/s3/message.js';
import { readDelete, readDeleteResult, writeDelete } from '../../../src/s3/xml/delete.js';
import { type Kv, KvUnavailable } from '../../../src/state/kv.js';
import { heedingSignal, type Moving, type MovingOptions, movingBucket } from '../moving.js';

const THOUSAND = Array.from({ length: 1_000 }, (_, index) => `many/${String(index).padStart(4, '0')}`);

async function deleteKeys(
  { client }: Moving,
  keys: readonly string[],
  options: { signal?: AbortSignal } = {},
) {
  const body = writeDelete({ objects: keys.map((key) => ({ key })), quiet: false });
  const { body: answer } = await client.ask('POST', '', { query: 'delete', body, ...options });
  const { deleted, errors } = readDeleteResult(answer);
  return {
    deleted: deleted.map(({ key }) => key),
    errors: Object.fromEntries(errors.map(({ key, code }) => [key, code])),
  };
}

/** A moving bucket, and how often its gateway committed to the state. */
async function countingCommits(options: MovingOptions = {}) {
  let commits = 0;
  const onState = (kv: Kv): Kv => ({
    get: (key) => kv.get(key),
    getMany: (keys) => kv.getMany(keys),
    list: (range) => kv.list(range),
    commit: (commit) => {
      commits += 1;
      return kv.commit(commit);
    },
    watch: (prefix, onChange) => kv.watch(prefix, onChange),
    close: () => kv.close(),
  });
  const moving = await movingBucket({ onState, ...options });
  return { moving, commits: () => commits };
}

const operations = (requests: readonly S3Request[]) => requests.map(({ operation }) => operation);

const answering =
  (operation: S3Request['operation'], status: number): S3Filter =>
  (service) =>
  async (request) =>
    request.operation === operation ? { status, headers: {} } : service(request);

const MODES = [
  ['in read-through', {}],
  [
    'where the target has no conditional writes',
    { conditionalWrites: { put: false, complete: false, match: false } },
  ],
  ['where writers exclude each other', { rung: 'exclusive' }],
  ['in write-through', { writeThrough: true }],
] as const satisfies readonly [string, MovingOptions][];

describe.each(MODES)('DeleteObjects %s', (_, options) => {
  it('deletes 1,000 keys by a handful of commits and requests', async () => {
    const { moving, commits } = await countingCommits(options);
    for (const key of THOUSAND) {
      await moving.target.put(key, 'x');
      await moving.shadow.put(key, 'x');
    }
    expect(await deleteKeys(moving, THOUSAND)).toEqual({ deleted: THOUSAND, errors: {} });
    await moving.settled();
    expect(await moving.target.keys()).toEqual([]);
    expect(await moving.shadow.keys()).toEqual([]);
    expect(commits()).toBeLessThanOrEqual(4);
    expect(moving.asked.target.length).toBeLessThanOrEqual(3);
    expect(operations(moving.asked.shadow)).toEqual(['DeleteObjects']);
  });

  it('leaves no intent behind, and notes that the shadow has deleted', async () => {
    const moving = await movingBucket(options);
    await moving.target.put('moved', 'x');
    await moving.shadow.put('unmoved', 'x');
    await deleteKeys(moving, ['moved', 'unmoved', 'nowhere']);
    await moving.settled();
    for (const key of ['moved', 'unmoved', 'nowhere'])
      expect(await moving.ledger.record(key)).toMatchObject({
        intents: [],
        tombstone: { shadowDelete: 'done' },
      });
  });

  it('answers in the order asked, a key that is named twice twice, and deletes it once', async () => {
    const moving = await movingBucket(options);
    for (const key of ['a', 'b', 'c']) await moving.target.put(key, 'x');
    expect(await deleteKeys(moving, ['c', 'a', 'c', 'b'])).toEqual({
      deleted: ['c', 'a', 'c', 'b'],
      errors: {},
    });
    const sent = moving.asked.target.find(({ operation }) => operation === 'DeleteObjects');
    const named = readDelete(sent?.body as Buffer).objects.map(({ key }) => key);
    expect(named.sort()).toEqual(['a', 'b', 'c']);
  });

  it('reports the keys that the target refuses beside those that it deletes, and leaves them as they are', async () => {
    const onTarget: S3Filter = (service) => async (request) => {
      if (request.operation !== 'DeleteObjects') return service(request);
      await service({ ...request, operation: 'DeleteObject', method: 'DELETE', key: 'gone', query: [] });
      const refusal = '<Error><Key>kept</Key><Code>AccessDenied</Code></Error>';
      const text = `<DeleteResult><Deleted><Key>gone</Key></Deleted>${refusal}</DeleteResult>`;
      return { status: 200, headers: {}, body: Buffer.from(text) };
    };
    const moving = await movingBucket({ ...options, onTarget });
    for (const key of ['gone', 'kept']) await moving.target.put(key, 'x');
    expect(await deleteKeys(moving, ['gone', 'kept'])).toEqual({
      deleted: ['gone'],
      errors: { kept: 'AccessDenied' },
    });
    await moving.settled();
    expect(await moving.client.text('kept')).toBe('x');
    expect((await moving.ledger.record('kept')).intents).toEqual([]);
  });

  it('takes no key for deleted that the target does not name', async () => {
    const onTarget: S3Filter = (service) => async (request) =>
      request.operation === 'DeleteObjects'
        ? { status: 200, headers: {}, body: Buffer.from('<DeleteResult/>') }
        : service(request);
    const moving = await movingBucket({ ...options, onTarget });
    await moving.target.put('k', 'x');
    expect((await deleteKeys(moving, ['k'])).errors).toEqual({ k: 'InternalError' });
  });

  it.each([405, 501])('deletes one by one in stores that answer %s', async (status) => {
    const filter = answering('DeleteObjects', status);
    const moving = await movingBucket({ ...options, onTarget: filter, onShadow: filter });
    const keys = THOUSAND.slice(0, 50);
    for (const key of keys) {
      await moving.target.put(key, 'x');
      await moving.shadow.put(key, 'x');
    }
    expect(await deleteKeys(moving, keys)).toEqual({ deleted: keys, errors: {} });
    await moving.settled();
    expect(await moving.target.keys()).toEqual([]);
    expect(await moving.shadow.keys()).toEqual([]);
  });

  it('sends no delete of its own for a key any more once the lease on it nears its end', async () => {
    const leaseMs = 4_000;
    const slow: S3Filter = (service) => async (request) => {
      if (request.operation === 'DeleteObjects') return { status: 501, headers: {} };
      if (request.operation === 'DeleteObject') moving.pass(leaseMs);
      return service(request);
    };
    const moving = await movingBucket({ ...options, leaseMs, onTarget: slow });
    const keys = THOUSAND.slice(0, 40);
    for (const key of keys) await moving.target.put(key, 'x');
    const { deleted, errors } = await deleteKeys(moving, keys);
    expect([deleted, Object.keys(errors)]).toEqual([keys.slice(0, 1), keys.slice(1)]);
    await moving.settled();
    expect(await moving.target.keys()).toEqual(keys.slice(1));
  });

  it('owes the shadow what it did not delete', async () => {
    const moving = await movingBucket({ ...options, onShadow: answering('DeleteObjects', 503) });
    await moving.shadow.put('k', 'x');
    expect((await deleteKeys(moving, ['k'])).deleted).toEqual(['k']);
    await moving.settled();
    expect(await moving.client.text('k')).toBeUndefined();
    const { intents, tombstone } = await moving.ledger.record('k');
    expect(intents).toEqual([]);
    expect(tombstone).toMatchObject({ shadowDelete: 'pending', lastError: expect.stringContaining('503') });
  });

  it('leaves the shadow alone when it is told to', async () => {
    const moving = await movingBucket({ ...options, delete: 'target' });
    for (const key of ['a', 'b']) await moving.shadow.put(key, 'x');
    await deleteKeys(moving, ['a', 'b']);
    await moving.settled();
    expect(await moving.client.keys()).toEqual([]);
    expect(await moving.shadow.keys()).toEqual(['a', 'b']);
    expect((await moving.ledger.record('a')).intents).toEqual([]);
  });

  it('waits for a writer of one key once all others are done', async () => {
    const moving = await movingBucket(options);
    for (const key of ['free', 'held']) await moving.target.put(key, 'x');
    const writer = await moving.ledger.openIntent('held', 'exclusive');
    const answer = deleteKeys(moving, ['free', 'held']);
    await expect.poll(() => moving.target.keys()).not.toContain('free');
    await moving.ledger.closeIntent(writer);
    expect(await answer).toEqual({ deleted: ['free', 'held'], errors: {} });
    expect(await moving.target.keys()).toEqual([]);
  });

  it('tells a client to slow down for a key that a writer holds for long', async () => {
    const moving = await movingBucket(options);
    await moving.ledger.openIntent('held', 'exclusive');
    expect(await deleteKeys(moving, ['free', 'held'])).toEqual({
      deleted: ['free'],
      errors: { held: 'SlowDown' },
    });
  });

  it('and another one of the same keys in the other order both end', async () => {
    const moving = await movingBucket(options);
    for (const key of THOUSAND.slice(0, 40)) await moving.target.put(key, 'x');
    const keys = THOUSAND.slice(0, 40);
    const answers = await Promise.all([deleteKeys(moving, keys), deleteKeys(moving, keys.toReversed())]);
    expect(answers.map(({ errors }) => errors)).toEqual([{}, {}]);
    expect(await moving.client.keys()).toEqual([]);
  });

  it('bars no key to anybody after its client left', async () => {
    const gone = new AbortController();
    const onTarget: S3Filter = (service) => async (request) => {
      if (request.operation === 'DeleteObjects') gone.abort(new Error('the client left'));
      request.signal.throwIfAborted();
      return service(request);
    };
    const moving = await movingBucket({ ...options, onTarget });
    await moving.target.put('k', 'x');
    await deleteKeys(moving, ['k'], { signal: gone.signal });
    await moving.settled();
    expect((await moving.ledger.record('k')).intents).toEqual([]);
    expect((await moving.client.put('k', 'again')).status).toBe(200);
  });

  it('fails as a whole when the state is out of reach, and sends nothing', async () => {
    const away = async () => {
      throw new KvUnavailable('away');
    };
    const onState = (kv: Kv): Kv => ({ ...kv, get: away, getMany: away, commit: away, list: away });
    const moving = await movingBucket({ ...options, onState });
    await moving.target.put('k', 'x');
    await expect(deleteKeys(moving, ['k'])).rejects.toBeInstanceOf(KvUnavailable);
    expect(operations(moving.asked.target)).not.toContain('DeleteObjects');
  });

  it('keeps the intent of a key whose delete was not answered: it may still be on its way', async () => {
    const onTarget: S3Filter = (service) => async (request) => {
      if (request.operation === 'DeleteObjects') throw new BackendUnavailable('new', 'reset', true);
      return service(request);
    };
    const moving = await movingBucket({ ...options, onTarget });
    await moving.target.put('k', 'x');
    expect((await deleteKeys(moving, ['k'])).errors).toEqual({ k: 'ServiceUnavailable' });
    await moving.settled();
    expect((await moving.ledger.record('k')).intents).toHaveLength(1);
  });

  it('refuses a key that is too long without touching the others', async () => {
    const moving = await movingBucket(options);
    await moving.target.put('k', 'x');
    const long = 'ü'.repeat(513);
    expect(await deleteKeys(moving, ['k', long])).toEqual({
      deleted: ['k'],
      errors: { [long]: 'KeyTooLongError' },
    });
  });

  it('names no key to a store beside others that XML 1.0 cannot carry', async () => {
    const moving = await movingBucket(options);
    for (const key of ['k', 'bell\u0007']) await moving.target.put(key, 'x');
    expect((await deleteKeys(moving, ['k', 'bell\u0007'])).errors).toEqual({});
    expect(await moving.target.keys()).toEqual([]);
    const batches = moving.asked.target.filter(({ operation }) => operation === 'DeleteObjects');
    expect(batches.map(({ body }) => readDelete(body as Buffer).objects)).toEqual([[{ key: 'k' }]]);
  });
});

describe.each(MODES.filter(([, options]) => !('writeThrough' in options)))(
  'DeleteObjects %s',
  (_, options) => {
    it('sends the target only keys that it has: another could hit a later write', async () => {
      const moving = await movingBucket(options);
      const keys = THOUSAND.slice(0, 100);
      for (const [index, key] of keys.entries()) await moving[index % 3 ? 'shadow' : 'target'].put(key, 'x');
      const inTarget = await moving.target.keys();
      await deleteKeys(moving, keys);
      const sent = moving.asked.target.find(({ operation }) => operation === 'DeleteObjects');
      expect(readDelete(sent?.body as Buffer).objects.map(({ key }) => key)).toEqual(inTarget);
      expect(await moving.client.keys()).toEqual([]);
    });

    it('looks at the target once it has announced the deletes, and after a write of then deletes what was written', async () => {
      let write: (() => Promise<unknown>) | undefined;
      const onTarget: S3Filter = (service) => async (request) => {
        if (request.operation === 'HeadObject') await write?.();
        return service(request);
      };
      const moving = await movingBucket({ ...options, onTarget });
      await moving.shadow.put('k', 'old');
      write = () => moving.target.put('k', 'new');
      expect((await deleteKeys(moving, ['k'])).deleted).toEqual(['k']);
      expect(await moving.target.keys()).toEqual([]);
    });

    it('deletes nothing of which the target does not tell whether it has it', async () => {
      const onTarget: S3Filter = (service) => async (request) =>
        request.key === 'unknown' ? { status: 503, headers: {} } : service(request);
      const moving = await movingBucket({ ...options, onTarget });
      for (const key of ['known', 'unknown']) await moving.shadow.put(key, 'x');
      expect(await deleteKeys(moving, ['known', 'unknown'])).toEqual({
        deleted: ['known'],
        errors: { unknown: 'ServiceUnavailable' },
      });
      await moving.settled();
      expect(await moving.shadow.keys()).toEqual(['unknown']);
      expect(await moving.ledger.record('unknown')).toEqual({ intents: [], copies: [] });
    });

    it('deletes nothing when its client leaves before it was sent', async () => {
      const gone = new AbortController();
      const onTarget: S3Filter = (service) => (request) => {
        if (request.operation === 'HeadObject') gone.abort(new Error('the client left'));
        return heedingSignal(service)(request);
      };
      const moving = await movingBucket({ ...options, onTarget });
      await moving.target.put('k', 'x');
      await deleteKeys(moving, ['k'], { signal: gone.signal });
      await moving.settled();
      expect(await moving.client.text('k')).toBe('x');
      expect(await moving.ledger.record('k')).toEqual({ intents: [], copies: [] });
    });

    it('asks for each key where the target does not list', async () => {
      const moving = await movingBucket({ ...options, onTarget: answering('ListObjectsV2', 403) });
      const keys = THOUSAND.slice(0, 60);
      for (const key of keys) await moving.target.put(key, 'x');
      expect(await deleteKeys(moving, keys)).toEqual({ deleted: keys, errors: {} });
      expect(await moving.target.keys()).toEqual([]);
    });

    it('does not list a whole bucket to find keys that are far apart', async () => {
      const moving = await movingBucket(options);
      const keys = Array.from({ length: 20 }, (_name, index) => `far/${String(index).padStart(2, '0')}`);
      for (const key of keys) for (let n = 0; n < 80; n += 1) await moving.target.put(`${key}/${n}`, 'x');
      for (const key of keys) await moving.target.put(key, 'x');
      expect(await deleteKeys(moving, keys)).toEqual({ deleted: keys, errors: {} });
      expect(operations(moving.asked.target).filter((name) => name === 'ListObjectsV2')).toHaveLength(1);
      expect((await moving.target.keys()).length).toBe(20 * 80);
    });

    it('sends nothing once its leases would not outlast the request', async () => {
      let stall: () => void = () => undefined;
      const onTarget: S3Filter = (service) => (request) => {
        if (request.operation === 'HeadObject') stall();
        return service(request);
      };
      const moving = await movingBucket({ ...options, onTarget });
      stall = () => moving.pass(3_000);
      await moving.target.put('k', 'x');
      expect((await deleteKeys(moving, ['k'])).errors).toEqual({ k: 'SlowDown' });
      expect(operations(moving.asked.target)).not.toContain('DeleteObjects');
      expect(await moving.target.text('k')).toBe('x');
    });
  },
);

it('DeleteObjects owes the shadow its deletes as long as clients see the target alone', async () => {
  const moving = await movingBucket({ rung: 'target-only' });
  await moving.target.put('k', 'new');
  await moving.shadow.put('k', 'old');
  expect((await deleteKeys(moving, ['k', 'other'])).deleted).toEqual(['k', 'other']);
  await moving.settled();
  expect(moving.asked.shadow).toEqual([]);
  expect(await moving.ledger.record('k')).toMatchObject({
    intents: [],
    tombstone: { shadowDelete: 'pending' },
  });
  expect(await moving.another('read-through').text('k')).toBeUndefined();
});

describe('DeleteObjects in a target that keeps versions', () => {
  const MARKER = '<DeleteMarker>true</DeleteMarker><DeleteMarkerVersionId>m1</DeleteMarkerVersionId>';

  it('tells of the delete markers that the target made', async () => {
    const body = Buffer.from(`<DeleteResult><Deleted><Key>a</Key>${MARKER}</Deleted></DeleteResult>`);
    const moving = await movingBucket({
      onTarget: (service) => async (request) =>
        request.operation === 'DeleteObjects' ? { status: 200, headers: {}, body } : service(request),
    });
    await moving.client.put('a', 'text');
    const { body: answer } = await deleteDocument(moving, '<Object><Key>a</Key></Object>');
    expect(answer.toString()).toContain(`<Key>a</Key>${MARKER}`);
  });

  it('tells of the delete marker that went, where a version is named', async () => {
    const headers = { 'x-amz-delete-marker': 'true', 'x-amz-version-id': 'm1' };
    const moving = await movingBucket({
      onTarget: (service) => async (request) =>
        request.operation === 'DeleteObject' ? { status: 204, headers } : service(request),
    });
    const { body: answer } = await deleteDocument(
      moving,
      '<Object><Key>a</Key><VersionId>m1</VersionId></Object>',
    );
    expect(answer.toString()).toContain(`<VersionId>m1</VersionId>${MARKER}`);
  });
});

const deleteDocument = ({ client }: Moving, objects: string) =>
  client.ask('POST', '', { query: 'delete', body: `<Delete>${objects}</Delete>` });
