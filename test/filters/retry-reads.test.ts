import { describe, expect, it } from 'vitest';
import { retryReads } from '../../src/filters/retry-reads.js';
import type { S3Request } from '../../src/s3/message.js';
import { ManualClock } from '../support/manual-clock.js';
import { GET, OK, PUT, scripted, unavailable } from './requests.js';

const HEAD: S3Request = { ...GET, operation: 'HeadObject', method: 'HEAD' };
const LIST: S3Request = { ...GET, operation: 'ListObjectsV2', key: '', query: [['list-type', '2']] };
const DELETE: S3Request = { ...GET, operation: 'DeleteObject', method: 'DELETE' };
const INITIATE: S3Request = { ...GET, operation: 'CreateMultipartUpload', method: 'POST' };

/** Lets every pause of the code under test pass at once. */
class HastyClock extends ManualClock {
  override async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.advance(ms);
  }
}

describe('reads that fail without an answer', () => {
  it.each([
    ['GET', GET],
    ['HEAD', HEAD],
    ['a listing', LIST],
  ])('%s is tried once more', async (_, request) => {
    const { service, asked } = scripted(unavailable('reset'));
    expect(await retryReads(new HastyClock())(service)(request)).toBe(OK);
    expect(asked).toEqual([request, request]);
  });

  it('are tried twice at most', async () => {
    const { service, asked } = scripted(unavailable('reset'), unavailable('connect'));
    await expect(retryReads(new HastyClock())(service)(GET)).rejects.toMatchObject({ reason: 'connect' });
    expect(asked).toHaveLength(2);
  });

  it('are tried again after a pause, unless the client has left', async () => {
    const clock = new ManualClock();
    const leaving = new AbortController();
    const { service, asked } = scripted(unavailable('reset'), unavailable('reset'));
    const read = retryReads(clock)(service);
    const [waiting, left] = [read(GET), read({ ...GET, signal: leaving.signal })];
    await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toHaveLength(2);
    leaving.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    clock.advance(100);
    expect(await waiting).toBe(OK);
    expect(asked).toHaveLength(3);
  });

  it('are not tried again when they took long to fail', async () => {
    const clock = new HastyClock();
    let asked = 0;
    const read = retryReads(clock)(async () => {
      asked += 1;
      clock.advance(60_000);
      throw unavailable('timeout');
    });
    await expect(read(GET)).rejects.toMatchObject({ reason: 'timeout' });
    expect(asked).toBe(1);
  });
});

describe('what is not tried again', () => {
  it.each([
    ['PUT', PUT],
    ['DELETE', DELETE],
    ['POST', INITIATE],
  ])('%s', async (_, request) => {
    const { service, asked } = scripted(unavailable('connect'));
    await expect(retryReads(new HastyClock())(service)(request)).rejects.toMatchObject({ reason: 'connect' });
    expect(asked).toHaveLength(1);
  });

  it.each([
    unavailable('overloaded'),
    unavailable('closed'),
    unavailable('circuit-open'),
    new Error('aborted'),
  ])('a read that was not sent on purpose, or that this side gave up: %s', async (failure) => {
    const { service, asked } = scripted(failure);
    await expect(retryReads(new HastyClock())(service)(GET)).rejects.toBe(failure);
    expect(asked).toHaveLength(1);
  });

  it('a read that has an answer, whatever it says', async () => {
    const busy = { status: 503, headers: {} };
    const { service, asked } = scripted(busy);
    expect(await retryReads(new HastyClock())(service)(GET)).toBe(busy);
    expect(asked).toHaveLength(1);
  });
});
