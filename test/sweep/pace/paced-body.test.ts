import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { beforeEach, describe, expect, it } from 'vitest';
import type { S3Response } from '../../../src/s3/message.js';
import { pacingBodies } from '../../../src/sweep/pace/paced-body.js';
import { TokenBucket } from '../../../src/sweep/pace/token-bucket.js';
import { GET } from '../../filters/requests.js';
import { ManualClock } from '../../support/manual-clock.js';
import { settled } from './settled.js';

let clock: ManualClock;
let bucket: TokenBucket;
let counted: number;

beforeEach(() => {
  clock = new ManualClock();
  bucket = new TokenBucket(clock);
  counted = 0;
});

const answered = (answer: S3Response, operation = GET.operation): Promise<S3Response> =>
  pacingBodies({
    bucket,
    passed: (bytes) => {
      counted += bytes;
    },
  })(async () => answer)({ ...GET, operation });

const answerOf = (body: S3Response['body'], length = 0): S3Response => ({
  status: 200,
  headers: { 'content-length': String(length) },
  ...(body && { body }),
});

const streamOf = ({ body }: S3Response): Readable => {
  if (!(body instanceof Readable)) throw new Error('it is no stream');
  return body;
};

async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 10) {
    clock.advance(10);
    await settled();
  }
}

/** The bytes of a stream as they come. */
function read(stream: Readable): { bytes: number; ended: boolean } {
  const seen = { bytes: 0, ended: false };
  stream.on('data', (chunk: Buffer) => {
    seen.bytes += chunk.length;
  });
  stream.on('end', () => {
    seen.ended = true;
  });
  return seen;
}

describe('the bodies of what is read', () => {
  it('are left as they are without a limit, and counted when they have ended', async () => {
    const body = Readable.from([Buffer.alloc(300), Buffer.alloc(700)]);
    const answer = answerOf(body, 1_000);
    expect(await answered(answer)).toBe(answer);
    expect(counted).toBe(0);
    await buffer(body);
    await settled();
    expect(counted).toBe(1_000);
  });

  it('come through unchanged under a limit', async () => {
    bucket.setRate(1_000_000_000);
    const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 251));
    const source = Readable.from([bytes.subarray(0, 70_000), bytes.subarray(70_000)]);
    const paced = buffer(streamOf(await answered(answerOf(source))));
    await pass(100);
    expect((await paced).equals(bytes)).toBe(true);
    expect(counted).toBe(200_000);
  });

  it('have no more bytes in a second than the limit, all together', async () => {
    bucket.setRate(100_000);
    const bodies = [1, 2, 3].map(() => Readable.from(Array.from({ length: 20 }, () => Buffer.alloc(10_000))));
    const seen = await Promise.all(
      bodies.map(async (body) => read(streamOf(await answered(answerOf(body))))),
    );
    await pass(1_000);
    const sum = () => seen.reduce((total, { bytes }) => total + bytes, 0);
    expect(sum()).toBeGreaterThan(90_000);
    expect(sum()).toBeLessThanOrEqual(130_000);
    for (const { bytes } of seen) expect(bytes).toBeGreaterThan(20_000);
    await pass(6_000);
    expect(seen.every(({ ended }) => ended)).toBe(true);
    expect(sum()).toBe(600_000);
  });

  it('are not read ahead: the source waits', async () => {
    bucket.setRate(100_000);
    let taken = 0;
    function* chunks() {
      for (let i = 0; i < 1_000; i += 1) {
        taken += 1;
        yield Buffer.alloc(10_000);
      }
    }
    const source = Readable.from(chunks(), { highWaterMark: 1, objectMode: false });
    const body = streamOf(await answered(answerOf(source)));
    const seen = read(body);
    await pass(1_000);
    expect(seen.bytes).toBeGreaterThan(90_000);
    expect(taken).toBeLessThanOrEqual(seen.bytes / 10_000 + 4);
    body.destroy();
  });

  it('go on at once when the limit is lifted', async () => {
    bucket.setRate(100_000);
    const source = Readable.from(Array.from({ length: 50 }, () => Buffer.alloc(10_000)));
    const seen = read(streamOf(await answered(answerOf(source))));
    await pass(100);
    expect(seen.ended).toBe(false);
    bucket.setRate(Number.POSITIVE_INFINITY);
    for (let i = 0; i < 20; i += 1) await settled();
    expect(seen.ended).toBe(true);
  });

  it('break off as their source does', async () => {
    bucket.setRate(100_000);
    const source = new PassThrough();
    const body = streamOf(await answered(answerOf(source)));
    body.resume();
    source.write('x');
    source.destroy(new Error('reset by the store'));
    await expect(new Promise((_, reject) => body.on('error', reject))).rejects.toThrow('reset by the store');
  });

  it('cut their source off when nobody reads them any more, waiting or not', async () => {
    bucket.setRate(100_000);
    const source = Readable.from([Buffer.alloc(50_000), Buffer.alloc(50_000)]);
    const body = streamOf(await answered(answerOf(source)));
    body.on('error', () => undefined).resume();
    await settled();
    body.destroy();
    await settled();
    expect(source.destroyed).toBe(true);
    const before = counted;
    await pass(1_000);
    expect(counted).toBe(before);
  });

  it('wait as a whole where a store has them in memory', async () => {
    bucket.setRate(100_000);
    bucket.charge(60_000);
    const body = Buffer.from('content');
    const answer = answered(answerOf(body));
    let has: S3Response | undefined;
    void answer.then((value) => {
      has = value;
    });
    await settled();
    expect(has).toBeUndefined();
    await pass(600);
    expect(has?.body).toBe(body);
  });

  it('are those of objects alone: listings and errors come at once', async () => {
    bucket.setRate(1);
    bucket.charge(1_000);
    const listing = answerOf(Readable.from([Buffer.alloc(10)]));
    expect(await answered(listing, 'ListObjectsV2')).toBe(listing);
    const refusal = { ...answerOf(Readable.from([Buffer.alloc(10)])), status: 403 };
    expect(await answered(refusal)).toBe(refusal);
  });
});
