import { describe, expect, it, onTestFinished } from 'vitest';
import { BackendUnavailable } from '../../../src/backends/backend.js';
import type { S3Filter } from '../../../src/s3/message.js';
import { type Moving, type MovingOptions, movingBucket } from '../moving.js';
import { LARGE, operationsOf, partsAmong, uploadsIn, uploadTo } from './in-parts.js';

const LEASE_MS = 60_000;
const DAY_MS = 24 * 3_600_000;
const PARTS = Array.from({ length: 6 }, (_, index) => String(index).repeat(1_000 + index));
const ALL = [1, 2, 3, 4, 5, 6];

const noAnswer = () => new BackendUnavailable('target', 'reset', true);

interface Interrupted extends Moving {
  /** What comes of the attempt that was interrupted: nothing until it is woken. */
  readonly first: Promise<unknown>;
  readonly etag: string;
  /** From now on the target takes what it is sent. */
  mend(): void;
  /** The target answers that it did not get what hung. */
  wake(): void;
}

/** A copy in parts that came to a stand: its process is dead, or as good as dead, with all but the parts of these numbers sent. */
async function interrupted(missing: readonly string[], options: MovingOptions = {}): Promise<Interrupted> {
  let isBroken = true;
  let wake: () => void = () => undefined;
  const woken = new Promise<never>((_, reject) => {
    wake = () => reject(noAnswer());
  });
  woken.catch(() => undefined);
  const onTarget: S3Filter = (service) => (request) => {
    const isMissing = request.query.some(([name, value]) => name === 'partNumber' && missing.includes(value));
    return isBroken && request.operation === 'UploadPart' && isMissing ? woken : service(request);
  };
  const moving = await movingBucket({ leaseMs: LEASE_MS, onTarget, ...options });
  onTestFinished(() => wake());
  const etag = await uploadTo(moving, 'k', PARTS);
  const first = moving.bucket.migrate('k', { as: 'sweep', listed: LARGE });
  const sent = () => partsAmong(moving.asked.target).length;
  await expect.poll(sent).toBe(ALL.length);
  const mend = () => {
    isBroken = false;
    moving.asked.target.length = 0;
  };
  return { ...moving, first, etag, mend, wake };
}

const LAST_TWO = ['5', '6'];

/** The same, and the lease of the dead process is over. */
async function killed(missing = LAST_TWO, options: MovingOptions = {}): Promise<Interrupted> {
  const moving = await interrupted(missing, options);
  moving.mend();
  moving.pass(LEASE_MS + 1);
  return moving;
}

async function expectWhole({ target, shadow, ledger, etag }: Interrupted): Promise<void> {
  const [copy, source] = [await target.ask('GET', 'k'), await shadow.ask('GET', 'k')];
  expect(copy.headers.etag).toBe(etag);
  expect(copy.body.equals(source.body)).toBe(true);
  // A read does not wait for the end of its copy.
  await expect.poll(async () => (await ledger.record('k')).copies).toEqual([]);
  expect(await uploadsIn(target)).toBe(0);
}

describe('a copy in parts whose process died', () => {
  it('is gone on with by another, which sends only what is missing', async () => {
    const moving = await killed();
    expect(await moving.gateway().migrate('k', { listed: LARGE })).toMatchObject({ state: 'copied' });
    expect(partsAmong(moving.asked.target).sort()).toEqual([5, 6]);
    expect(operationsOf(moving.asked.target, 'CreateMultipartUpload')).toBe(0);
    await expectWhole(moving);
  });

  it('is gone on with by who reads the object, and is given all of it', async () => {
    const moving = await killed(['3', '6']);
    const { text } = await moving.another().ask('GET', 'k');
    expect(text).toBe(PARTS.join(''));
    await expect.poll(() => moving.target.ask('HEAD', 'k').then(({ status }) => status)).toBe(200);
    expect(partsAmong(moving.asked.target)).toEqual([3, 6]);
    await expectWhole(moving);
  });

  it('is left alone by recovery for a day, and then aborted', async () => {
    const moving = await killed();
    moving.recoverOn('read-through');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await uploadsIn(moving.target)).toBe(1);
    moving.pass(DAY_MS);
    moving.recoverOn('read-through');
    await expect.poll(async () => (await moving.ledger.record('k')).copies).toEqual([]);
    expect(await uploadsIn(moving.target)).toBe(0);
  });

  it.each([
    ['deleted', (client: Moving['client']) => client.ask('DELETE', 'k')],
    ['written, with write-through', (client: Moving['client']) => client.put('k', 'new')],
  ])('is aborted at once when the key is %s', async (_, act) => {
    const moving = await killed(LAST_TWO, { delete: 'target', writeThrough: true });
    const client = moving.another();
    await act(client);
    const seen = await client.text('k');
    expect(seen).not.toBe(PARTS.join(''));
    moving.recoverOn('write-through');
    await expect.poll(async () => (await moving.ledger.record('k')).copies).toEqual([]);
    expect(await uploadsIn(moving.target)).toBe(0);
    expect((await moving.gateway().migrate('k', { listed: LARGE })).state).not.toBe('copied');
    expect(await client.text('k')).toBe(seen);
  });

  it('commits nothing when it turns out to be alive, and does not end the copy that went on with it', async () => {
    const moving = await killed();
    let open: () => void = () => undefined;
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const gated: S3Filter = (service) => async (request) => {
      await opened;
      return service(request);
    };
    const through = { target: (service: Parameters<S3Filter>[0]) => service, shadow: gated };
    const second = moving.gateway().migrate('k', { listed: LARGE, through });
    await expect
      .poll(async () => (await moving.ledger.record('k')).copies[0]?.until)
      .toBeGreaterThan(Date.now() + LEASE_MS);
    moving.wake();
    expect(await moving.first).toMatchObject({ state: 'failed' });
    expect(operationsOf(moving.asked.target, 'AbortMultipartUpload')).toBe(0);
    open();
    expect(await second).toMatchObject({ state: 'copied' });
    expect(operationsOf(moving.asked.target, 'CompleteMultipartUpload')).toBe(1);
    await expectWhole(moving);
  });

  it('is aborted first, and begun anew, where the source is another object by now', async () => {
    const moving = await killed();
    const other = PARTS.map((part) => part.replaceAll(/./g, 'x'));
    const etag = await uploadTo(moving, 'k', other);
    expect(await moving.gateway().migrate('k', { listed: LARGE })).toMatchObject({ state: 'copied' });
    expect(partsAmong(moving.asked.target).sort()).toEqual(ALL);
    await expectWhole({ ...moving, etag });
  });

  it('is aborted first where the source is one to be copied by one PUT now', async () => {
    const moving = await killed();
    await moving.shadow.put('k', 'small');
    expect(await moving.gateway().migrate('k', { listed: LARGE })).toMatchObject({ state: 'copied' });
    expect([await moving.target.text('k'), await uploadsIn(moving.target)]).toEqual(['small', 0]);
  });

  it('is begun anew where the target does not have the upload any more', async () => {
    const moving = await killed();
    const { text } = await moving.target.ask('GET', '', { query: 'uploads' });
    const uploadId = /<UploadId>([^<]+)/.exec(text)?.[1];
    await moving.target.ask('DELETE', 'k', { query: `uploadId=${uploadId}` });
    expect(await moving.gateway().migrate('k', { listed: LARGE })).toMatchObject({ state: 'copied' });
    await expectWhole(moving);
  });

  it('stays where it is while the source does not answer', async () => {
    let isDown = false;
    const onShadow: S3Filter = (service) => (request) =>
      isDown ? Promise.reject(noAnswer()) : service(request);
    const moving = await killed(LAST_TWO, { onShadow });
    isDown = true;
    expect(await moving.gateway().migrate('k', { listed: LARGE })).toMatchObject({ state: 'failed' });
    isDown = false;
    expect(await moving.gateway().migrate('k', { listed: LARGE })).toMatchObject({ state: 'copied' });
    expect(partsAmong(moving.asked.target).sort()).toEqual([5, 6]);
  });
});

describe('a copy in parts that fails for want of an answer', () => {
  it('is gone on with by the next attempt at once', async () => {
    const moving = await interrupted(LAST_TWO);
    moving.wake();
    expect(await moving.first).toMatchObject({ state: 'failed' });
    moving.mend();
    expect(await moving.bucket.migrate('k', { listed: LARGE })).toMatchObject({ state: 'copied' });
    expect(partsAmong(moving.asked.target).sort()).toEqual([5, 6]);
    await expectWhole(moving);
  });

  it('is gone on with when a gateway was stopped in the middle of it', async () => {
    const moving = await interrupted(LAST_TWO);
    const stopped = moving.bucket.drain(AbortSignal.abort(new Error('stopped')));
    moving.wake();
    await stopped;
    moving.mend();
    expect(await moving.gateway().migrate('k', { listed: LARGE })).toMatchObject({ state: 'copied' });
    expect(partsAmong(moving.asked.target).sort()).toEqual([5, 6]);
    await expectWhole(moving);
  });
});
