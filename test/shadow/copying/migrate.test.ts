import { describe, expect, it, vi } from 'vitest';
import type { S3Filter, S3Request } from '../../../src/s3/message.js';
import type { OperationName } from '../../../src/s3/operations.js';
import type { MigrateOptions } from '../../../src/shadow/copying/migrate.js';
import type { Kv } from '../../../src/state/kv.js';
import { beforeEachCall } from '../../support/before-each-call.js';
import { type Moving, type MovingOptions, movingBucket } from '../moving.js';

const asIs: S3Filter = (service) => service;

const asked = (requests: readonly S3Request[], key = 'k'): string[] =>
  requests.filter((request) => request.key === key).map(({ operation }) => operation);

/** What the sweep says of an object that only the shadow has. */
async function listedIn({ shadow }: Moving, key: string): Promise<Required<MigrateOptions>['listed']> {
  const { headers } = await shadow.ask('HEAD', key);
  return { size: Number(headers['content-length']), etag: headers.etag ?? '' };
}

async function moving(options: MovingOptions = {}): Promise<Moving> {
  const made = await movingBucket(options);
  await made.shadow.put('k', 'old');
  return made;
}

describe('a copy of an object that a listing showed in the shadow alone', () => {
  it('costs one request of each store', async () => {
    const bucket = await moving();
    expect(await bucket.bucket.migrate('k', { listed: await listedIn(bucket, 'k') })).toMatchObject({
      state: 'copied',
    });
    expect([asked(bucket.asked.shadow), asked(bucket.asked.target)]).toEqual([['GetObject'], ['PutObject']]);
    expect(await bucket.target.text('k')).toBe('old');
  });

  it('asks the target once more where that would overwrite, when writers void the copy', async () => {
    const conditionalWrites = { put: false, complete: false, match: false };
    const bucket = await moving({ conditionalWrites });
    await bucket.bucket.migrate('k', { listed: await listedIn(bucket, 'k') });
    expect(asked(bucket.asked.target)).toEqual(['HeadObject', 'PutObject']);
  });

  it.each([true, false])('leaves what was written since, conditional writes %s', async (put) => {
    const bucket = await moving({ conditionalWrites: { put, complete: false, match: false } });
    const listed = await listedIn(bucket, 'k');
    await bucket.client.put('k', 'new');
    const { state } = await bucket.bucket.migrate('k', { listed });
    expect(['present', 'superseded']).toContain(state);
    expect(await bucket.client.text('k')).toBe('new');
  });

  it('does not bring back what was deleted since', async () => {
    const bucket = await moving({ delete: 'target' });
    const listed = await listedIn(bucket, 'k');
    await bucket.client.ask('DELETE', 'k');
    expect(await bucket.bucket.migrate('k', { listed })).toEqual({ state: 'deleted' });
    expect(await bucket.client.text('k')).toBeUndefined();
  });

  it('asks a target that counts versions all the same: listings do not show its delete markers', async () => {
    const versioned: S3Filter = (service) => async (request) => {
      if (request.operation === 'HeadObject')
        return { status: 404, headers: { 'x-amz-delete-marker': 'true' } };
      if (request.operation !== 'GetBucketVersioning') return service(request);
      const body = Buffer.from(
        '<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>',
      );
      return { status: 200, headers: {}, body };
    };
    const bucket = await moving({ onTarget: versioned });
    const listed = await listedIn(bucket, 'k');
    expect(await bucket.bucket.migrate('k', { listed })).toEqual({ state: 'deleted' });
    expect(asked(bucket.asked.target)).toEqual(['HeadObject']);
  });

  it('asks once for all whether the target counts versions', async () => {
    const bucket = await moving();
    await bucket.shadow.put('j', 'old');
    const listed = await listedIn(bucket, 'k');
    await Promise.all(['k', 'j'].map((key) => bucket.bucket.migrate(key, { listed })));
    expect(asked(bucket.asked.target, '')).toEqual(['GetBucketVersioning']);
  });
});

describe('a copy of a small object that a listing showed in the shadow alone', () => {
  /** What is done when the copy has read the shadow, and before it is committed. */
  async function copied(
    done: (bucket: Moving) => Promise<unknown>,
    options: MovingOptions = {},
  ): Promise<{ readonly bucket: Moving; readonly state: string; readonly commits: number }> {
    let commits = 0;
    const onState = (kv: Kv): Kv =>
      beforeEachCall(kv, (method) => {
        if (method === 'commit') commits += 1;
      });
    let isFirst = true;
    const onShadow: S3Filter = (service) => async (request) => {
      const answer = await service(request);
      if (request.operation !== 'GetObject' || !isFirst) return answer;
      isFirst = false;
      await done(bucket);
      commits = 0;
      return answer;
    };
    const bucket = await moving({ onState, onShadow, ...options });
    const listed = await listedIn(bucket, 'k');
    commits = 0;
    const { state } = await bucket.bucket.migrate('k', { as: 'sweep', listed });
    await bucket.settled();
    return { bucket, state, commits };
  }

  const nothing = async () => undefined;

  it('takes two commits of the state, and leaves nothing in it', async () => {
    const { bucket, state, commits } = await copied(nothing);
    expect([state, commits]).toEqual(['copied', 2]);
    expect(await bucket.ledger.record('k')).toEqual({ intents: [], copies: [] });
  });

  it.each(['both', 'target'] as const)(
    'does not bring back what was deleted since it was read, shadow-delete %s',
    async (shadowDelete) => {
      const deleted = ({ client }: Moving) => client.ask('DELETE', 'k');
      const { bucket, state } = await copied(deleted, { delete: shadowDelete });
      expect(state).toBe('deleted');
      expect(await bucket.target.text('k')).toBeUndefined();
      expect(await bucket.client.text('k')).toBeUndefined();
    },
  );

  it('leaves what was written since it was read', async () => {
    const { bucket, state } = await copied(({ client }) => client.put('k', 'new'));
    expect(state).toBe('present');
    expect(await bucket.client.text('k')).toBe('new');
  });

  it('waits for nobody who is writing the key', async () => {
    const { bucket, state } = await copied(({ ledger }) => ledger.openIntent('k', 'exclusive'));
    expect(state).toBe('superseded');
    expect(await bucket.target.text('k')).toBeUndefined();
  });

  it('is read anew when reading took longer than the tombstone of a delete may last', async () => {
    const { bucket, state } = await copied(async ({ pass }) => pass(5_001));
    expect(state).toBe('copied');
    expect(asked(bucket.asked.shadow)).toEqual(['GetObject', 'GetObject']);
  });

  it('holds up a delete until it has ended', async () => {
    const { filter, open } = gateOf('PutObject');
    const bucket = await moving({ onTarget: filter });
    const listed = await listedIn(bucket, 'k');
    const outcome = bucket.bucket.migrate('k', { as: 'sweep', listed });
    await vi.waitFor(() => expect(asked(bucket.asked.target)).toContain('PutObject'));
    const deleted = bucket.client.ask('DELETE', 'k');
    open();
    expect(await outcome).toMatchObject({ state: 'copied' });
    expect((await deleted).status).toBe(204);
    expect(await bucket.client.text('k')).toBeUndefined();
  });

  it.each([
    ['writers go to both stores', { writeThrough: true }],
    ['all writers announce themselves', { rung: 'exclusive' }],
    ['the target replaces what it has', { conditionalWrites: { put: false, complete: false, match: false } }],
  ] as const)('has a token before it is read where %s', async (_, options) => {
    const { state, commits } = await copied(async ({ ledger }) => {
      expect((await ledger.record('k')).copies).toMatchObject([{ state: 'valid' }]);
    }, options);
    expect([state, commits]).toEqual(['copied', 2]);
  });
});

/** Holds back what is asked of the source until it is told to go on. */
const gate = () => gateOf('GetObject');

function gateOf(operation: OperationName): { readonly filter: S3Filter; open(): void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const filter: S3Filter = (service) => async (request) => {
    if (request.operation === operation) await opened;
    return service(request);
  };
  return { filter, open };
}

describe('a copy that is waited for', () => {
  it('goes through the filters of who asks for it, and no other does', async () => {
    const bucket = await moving();
    await bucket.shadow.put('j', 'old');
    const passed: string[] = [];
    const noting: S3Filter = (service) => (request) => {
      passed.push(`${request.operation} ${request.key}`);
      return service(request);
    };
    await bucket.bucket.migrate('k', { through: { target: noting, shadow: noting } });
    await bucket.bucket.migrate('j');
    expect(passed).toEqual(['HeadObject k', 'GetObject k', 'PutObject k']);
  });

  it('goes on when it is waited for no more', async () => {
    const { filter, open } = gate();
    const bucket = await moving();
    const left = new AbortController();
    const through = { target: asIs, shadow: filter };
    const outcome = bucket.bucket.migrate('k', { through, signal: left.signal });
    left.abort(new Error('left'));
    await expect(outcome).rejects.toThrow('left');
    open();
    await bucket.settled();
    expect(await bucket.target.text('k')).toBe('old');
  });

  it('is not begun for who has left already', async () => {
    const bucket = await moving();
    await expect(
      bucket.bucket.migrate('k', { signal: AbortSignal.abort(new Error('left')) }),
    ).rejects.toThrow();
    expect(bucket.asked.shadow).toEqual([]);
  });

  it('is read along with by a client who comes meanwhile, from the target', async () => {
    const { filter, open } = gate();
    const bucket = await moving();
    const copied = bucket.bucket.migrate('k', { through: { target: asIs, shadow: filter } });
    const read = bucket.client.text('k');
    open();
    expect(await read).toBe('old');
    expect(await copied).toMatchObject({ state: 'copied' });
    expect(asked(bucket.asked.shadow)).toEqual(['GetObject']);
  });
});

it('however many copies are waited for, those of reads are made as well', async () => {
  const { filter, open } = gate();
  const bucket = await moving();
  const keys = Array.from({ length: 200 }, (_, index) => `swept-${index}`);
  for (const key of keys) await bucket.shadow.put(key, key);
  const swept = keys.map((key) => bucket.bucket.migrate(key, { through: { target: asIs, shadow: filter } }));
  expect(await bucket.client.text('k')).toBe('old');
  await expect.poll(() => bucket.target.text('k')).toBe('old');
  open();
  const outcomes = await Promise.all(swept);
  expect(outcomes.filter(({ state }) => state === 'copied')).toHaveLength(keys.length);
});
