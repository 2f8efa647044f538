import { describe, expect, it } from 'vitest';
import { BackendUnavailable } from '../../src/backends/backend.js';
import type { S3Filter, S3Request, S3Response } from '../../src/s3/message.js';
import { writeComplete } from '../../src/s3/xml/multipart.js';
import { systemClock } from '../../src/system/clock.js';
import { type Moving, type MovingOptions, movingBucket } from './moving.js';
import { Uploading } from './uploading.js';

const failureOf = (answer: Promise<unknown>) => answer.catch((error: unknown) => error);

const both = async ({ target, shadow }: Moving) => [await target.text('k'), await shadow.text('k')];

const etags = async ({ target, shadow }: Moving) =>
  Promise.all([target, shadow].map(async (store) => (await store.ask('HEAD', 'k')).headers.etag));

const error = (status: number, code: string): S3Response => ({
  status,
  headers: {},
  body: Buffer.from(`<Error><Code>${code}</Code></Error>`),
});

const COMPLETE = 'CompleteMultipartUpload';

/** Changes what becomes of each Complete that a store gets, by its number from 1. */
const onComplete = (
  change: (number: number, apply: () => Promise<S3Response>) => Promise<S3Response>,
): S3Filter => {
  let number = 0;
  return (service) => (request) => {
    if (request.operation !== COMPLETE) return service(request);
    number += 1;
    return change(number, () => service(request));
  };
};

const lost = () => new BackendUnavailable('store', 'reset', true);

/** A store that, unlike those in memory, knows nothing of an upload once it is used up. */
const forgetful = (gone = error(404, 'NoSuchUpload')): S3Filter => {
  const usedUp = new Set<string | undefined>();
  const idOf = ({ query }: S3Request) => query.find(([name]) => name === 'uploadId')?.[1];
  return (service) => async (request) => {
    if (request.operation !== COMPLETE) return service(request);
    if (usedUp.has(idOf(request))) return gone;
    const answer = await service(request);
    if (answer.status === 200) usedUp.add(idOf(request));
    return answer;
  };
};

const begun = async (options: MovingOptions = {}) => {
  const moving = await movingBucket({ writeThrough: true, ...options });
  const upload = await Uploading.begin(moving.client, 'k', { 'x-amz-meta-a': 'b' });
  await upload.part(1, 'abc');
  await upload.part(2, 'def');
  return { moving, upload };
};

const operations = (asked: readonly S3Request[]) => asked.map(({ operation }) => operation);

const isOpen = async ({ ledger }: Moving) => (await ledger.record('k')).intents.length > 0;

describe('a Complete of two uploads', () => {
  it('makes the same object of the same parts in both stores, the shadow first', async () => {
    const order: string[] = [];
    const noting = (name: string) =>
      onComplete(async (_, apply) => {
        order.push(name);
        return apply();
      });
    const { moving, upload } = await begun({ onTarget: noting('target'), onShadow: noting('shadow') });
    expect(await both(moving)).toEqual([undefined, undefined]);
    const { status, text } = await upload.complete();
    const [etag, other] = await etags(moving);
    expect([status, etag, order]).toEqual([200, other, ['shadow', 'target']]);
    expect(etag).toMatch(/-2"$/);
    expect(text).toContain(etag?.replaceAll('"', '') ?? 'no ETag');
    expect(await both(moving)).toEqual(['abcdef', 'abcdef']);
    expect((await moving.shadow.ask('HEAD', 'k')).headers['x-amz-meta-a']).toBe('b');
    expect(await isOpen(moving)).toBe(false);
  });

  it('can be sent to any gateway', async () => {
    const { moving, upload } = await begun();
    expect((await upload.by(moving.another()).complete()).status).toBe(200);
    expect(await both(moving)).toEqual(['abcdef', 'abcdef']);
  });

  it('takes the parts that it names, however many pages of them there are', async () => {
    const { moving, upload } = await begun();
    for (let number = 3; number <= 1_003; number += 1) await upload.part(number, 'x');
    const others = await Uploading.begin(moving.client, 'other');
    await others.part(1, 'of another upload');
    expect((await upload.complete()).status).toBe(200);
    expect(await both(moving)).toEqual([`abcdef${'x'.repeat(1_001)}`, `abcdef${'x'.repeat(1_001)}`]);
  });

  it.each([
    ['differs', async (half: Uploading) => void (await half.part(2, 'xyz'))],
    ['has another length', async (half: Uploading) => void (await half.part(2, 'longer'))],
  ])('releases nothing when a part of the shadow %s', async (_, spoil) => {
    const { moving, upload } = await begun();
    await spoil(upload.by(moving.shadow, await halfIn(moving, 'shadow')).separate());
    expect(await failureOf(upload.complete())).toMatchObject({ code: 'InvalidPart' });
    expect(await both(moving)).toEqual([undefined, undefined]);
    expect(await isOpen(moving)).toBe(false);
    await upload.part(2, 'def');
    expect((await upload.complete()).status).toBe(200);
  });

  it('releases nothing when the target has another part than the client names', async () => {
    const { moving, upload } = await begun();
    await upload
      .by(moving.target, await halfIn(moving, 'target'))
      .separate()
      .part(1, 'xyz');
    expect(await failureOf(upload.complete())).toMatchObject({ code: 'InvalidPart' });
    expect(await both(moving)).toEqual([undefined, undefined]);
  });

  it('releases nothing when the client names another part than it sent', async () => {
    const { moving, upload } = await begun();
    const named = [1, 2].map((partNumber) => ({ partNumber, etag: '"00000000000000000000000000000000"' }));
    const query = `uploadId=${upload.uploadId}`;
    const completed = moving.client.ask('POST', 'k', { query, body: writeComplete(named) });
    expect(await failureOf(completed)).toMatchObject({ code: 'InvalidPart' });
    expect([await both(moving), await isOpen(moving)]).toEqual([[undefined, undefined], false]);
  });

  it('releases nothing when the half of the target is gone', async () => {
    const { moving, upload } = await begun();
    await upload.by(moving.target, await halfIn(moving, 'target')).abort();
    expect(await failureOf(upload.complete())).toMatchObject({ code: 'NoSuchUpload' });
    expect(await both(moving)).toEqual([undefined, undefined]);
  });

  it('that the shadow refuses leaves nothing anywhere, and can be tried again', async () => {
    const { moving, upload } = await begun({
      onShadow: onComplete(async (number, apply) => (number === 1 ? error(400, 'EntityTooSmall') : apply())),
    });
    expect(await upload.complete()).toMatchObject({
      status: 400,
      text: expect.stringContaining('EntityTooSmall'),
    });
    expect([await both(moving), await isOpen(moving)]).toEqual([[undefined, undefined], false]);
    expect((await upload.complete()).status).toBe(200);
  });

  it('that fails in the shadow is not sent to the target', async () => {
    const { moving, upload } = await begun({ onShadow: onComplete(async () => error(503, 'SlowDown')) });
    expect(await failureOf(upload.complete())).toMatchObject({ status: 503 });
    await moving.settled();
    expect(operations(moving.asked.target)).not.toContain(COMPLETE);
    expect([await both(moving), await isOpen(moving)]).toEqual([[undefined, undefined], false]);
  });

  it.each(['exclusive', 'write-through'] as const)(
    'that was not answered by the target is completed there by recovery (%s)',
    async (rung) => {
      const { moving, upload } = await begun({
        leaseMs: 200,
        onTarget: onComplete(async (number, apply) => {
          if (number === 1) throw lost();
          return apply();
        }),
      });
      await moving.target.put('k', 'old');
      expect(await failureOf(upload.complete())).toBeInstanceOf(BackendUnavailable);
      expect(await both(moving)).toEqual(['old', 'abcdef']);
      await systemClock.sleep(250);
      moving.recoverOn(rung);
      await expect.poll(() => both(moving), { timeout: 10_000 }).toEqual(['abcdef', 'abcdef']);
      await expect.poll(() => isOpen(moving)).toBe(false);
    },
  );

  it.each([502, 504])(
    'that something before the target answers %s keeps the key barred on every rung',
    async (status) => {
      const leaseMs = 2_000;
      let sent = 0;
      const { moving, upload } = await begun({
        leaseMs,
        onTarget: onComplete(async (number, apply) => {
          sent = number;
          if (number === 1) throw lost();
          return number === 2 ? error(status, '') : apply();
        }),
      });
      expect(await failureOf(upload.complete())).toBeInstanceOf(BackendUnavailable);
      moving.pass(leaseMs + 1);
      moving.recoverOn('exclusive');
      await expect.poll(() => sent).toBe(2);
      await expect(moving.another('exclusive').put('k', 'new')).rejects.toMatchObject({ code: 'SlowDown' });
      moving.pass(leaseMs + 1);
      moving.recoverOn('exclusive');
      await expect.poll(() => isOpen(moving)).toBe(false);
      expect(await both(moving)).toEqual(['abcdef', 'abcdef']);
    },
  );

  it('whose answer the target owes is settled although the target tells nothing of a completed upload', async () => {
    const { moving, upload } = await begun({
      leaseMs: 200,
      onTarget: (service) => async (request) => {
        const answer = await service(request);
        if (request.operation === COMPLETE) throw lost();
        return request.operation === 'ListParts' && answer.status === 404
          ? error(500, 'UnknownError')
          : answer;
      },
    });
    expect(await failureOf(upload.complete())).toBeInstanceOf(BackendUnavailable);
    await systemClock.sleep(250);
    moving.recoverOn('write-through');
    await expect.poll(() => isOpen(moving), { timeout: 10_000 }).toBe(false);
    expect(await both(moving)).toEqual(['abcdef', 'abcdef']);
  });

  it('that the target failed late is completed there at once', async () => {
    const { moving, upload } = await begun({
      onTarget: onComplete(async (number, apply) => (number === 1 ? error(500, 'InternalError') : apply())),
    });
    expect((await upload.complete()).status).toBe(500);
    await moving.settled();
    expect([await both(moving), await isOpen(moving)]).toEqual([['abcdef', 'abcdef'], false]);
  });

  it('that died before the shadow had it changes nothing', async () => {
    const { moving, upload } = await begun({
      leaseMs: 200,
      onShadow: onComplete(async (number, apply) => {
        if (number === 1) throw lost();
        return apply();
      }),
    });
    await moving.target.put('k', 'old');
    expect(await failureOf(upload.complete())).toMatchObject({ status: 503 });
    await systemClock.sleep(250);
    moving.recoverOn('write-through');
    await expect.poll(() => isOpen(moving), { timeout: 10_000 }).toBe(false);
    expect(await both(moving)).toEqual(['old', 'old']);
    expect((await upload.complete()).status).toBe(200);
    expect(await both(moving)).toEqual(['abcdef', 'abcdef']);
  });

  it('is judged by what clients see', async () => {
    const { moving, upload } = await begun();
    const { headers } = await moving.shadow.put('k', 'old');
    expect(await failureOf(upload.complete({ 'if-none-match': '*' }))).toMatchObject({ status: 412 });
    expect(await failureOf(upload.complete({ 'if-match': '"other"' }))).toMatchObject({ status: 412 });
    expect(await isOpen(moving)).toBe(false);
    expect((await upload.complete({ 'if-match': headers.etag ?? '' })).status).toBe(200);
  });
});

describe.each([
  ['says so', error(404, 'NoSuchUpload')],
  ['fails, as Ceph RGW 16 does', error(500, 'InternalError')],
])('a Complete that is sent again, to a store that does not know the upload any more and %s', (_, gone) => {
  const stores = () => ({ onTarget: forgetful(gone), onShadow: forgetful(gone) });

  it.each(['write-through', 'exclusive', 'read-through'] as const)(
    'is answered as the first was (%s)',
    async (rung) => {
      const { moving, upload } = await begun({ ...stores(), rung });
      const first = await upload.complete();
      const second = await upload.complete();
      expect(second.status).toBe(200);
      const etag = (await etags(moving))[0]?.replaceAll('"', '') ?? '';
      for (const { text } of [first, second]) expect(text).toContain(etag);
      expect(await isOpen(moving)).toBe(false);
    },
  );

  it.each(['write-through', 'read-through'] as const)(
    'fails when something else was written since (%s)',
    async (rung) => {
      const { moving, upload } = await begun({ ...stores(), rung });
      await upload.complete();
      await moving.client.put('k', 'later');
      expect(await failureOf(upload.complete())).toMatchObject({
        status: gone.status === 404 ? 404 : expect.any(Number),
      });
      await moving.settled();
      expect(await moving.target.text('k')).toBe('later');
    },
  );
});

describe('a conditional Complete on the rung below write-through', () => {
  it('excludes others where the target does not judge it', async () => {
    let held = false;
    const moving: Moving = await movingBucket({
      rung: 'exclusive',
      conditionalWrites: { put: true, complete: false, match: true },
      onTarget: onComplete(async (_, apply) => {
        held = await isOpen(moving);
        return apply();
      }),
    });
    const upload = await Uploading.begin(moving.client, 'k');
    await upload.part(1, 'abc');
    expect((await upload.complete({ 'if-none-match': '*' })).status).toBe(200);
    expect([held, await isOpen(moving)]).toEqual([true, false]);
    const second = await Uploading.begin(moving.client, 'k');
    await second.part(1, 'xyz');
    expect(await failureOf(second.complete({ 'if-none-match': '*' }))).toMatchObject({ status: 412 });
    expect(await moving.target.text('k')).toBe('abc');
  });
});

async function halfIn(moving: Moving, side: 'target' | 'shadow'): Promise<string> {
  const { text } = await moving[side].ask('GET', '', { query: 'uploads' });
  return /<UploadId>([^<]+)/.exec(text)?.[1] ?? '';
}
