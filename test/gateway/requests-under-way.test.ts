import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { RequestsUnderWay } from '../../src/gateway/requests-under-way.js';
import { UnansweredWrites } from '../../src/gateway/unanswered-writes.js';
import type { S3Request, S3Response } from '../../src/s3/message.js';
import { longestRequestMs, TIMES } from '../../src/system/times.js';
import { ManualClock } from '../support/manual-clock.js';

/** A service whose answers come when the test says so. */
function played() {
  const answers: ((answer: S3Response) => void)[] = [];
  const seen: S3Request[] = [];
  const clock = new ManualClock();
  const tenure = new AbortController();
  const unanswered = new UnansweredWrites(clock, TIMES);
  const requests = new RequestsUnderWay(
    (request) => {
      seen.push(request);
      return new Promise((resolve, reject) => {
        answers.push(resolve);
        request.signal.addEventListener('abort', () => reject(request.signal.reason));
      });
    },
    { tenure: tenure.signal, unanswered },
  );
  const answer = (index: number, body?: PassThrough) =>
    answers[index]?.({ status: 200, headers: {}, ...(body && { body }) });
  return { requests, unanswered, answer, seen, tenure, clock };
}

function request(operation: S3Request['operation'], changes: Partial<S3Request> = {}): S3Request {
  const { signal } = new AbortController();
  const method = operation.startsWith('Get') ? 'GET' : 'PUT';
  return { operation, method, bucket: 'photos', key: 'key', query: [], headers: {}, signal, ...changes };
}

/** Whether a promise has resolved by now. */
async function isDone(promise: Promise<void>): Promise<boolean> {
  let done = false;
  void promise.then(() => {
    done = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  return done;
}

describe('requests under way', () => {
  it('are idle when there are none', async () => {
    expect(await isDone(played().requests.idle())).toBe(true);
  });

  it('are quiet while only writes without conditions are left, and idle after those', async () => {
    const { requests, answer } = played();
    void requests.service(request('PutObject'));
    void requests.service(request('GetObject'));
    void requests.service(request('PutObject', { headers: { 'if-none-match': '*' } }));
    const [quiet, idle] = [requests.quiet(), requests.idle()];
    answer(1);
    expect(await isDone(quiet)).toBe(false);
    answer(2);
    expect(await isDone(quiet)).toBe(true);
    expect(await isDone(idle)).toBe(false);
    answer(0);
    expect(await isDone(idle)).toBe(true);
  });

  it('last until the last byte of an answer to a write, for an error can come as late', async () => {
    const { requests, answer } = played();
    const answered = requests.service(request('CompleteMultipartUpload', { method: 'POST' }));
    const body = new PassThrough();
    answer(0, body);
    await answered;
    const idle = requests.idle();
    expect(await isDone(idle)).toBe(false);
    body.resume().end('<CompleteMultipartUploadResult/>');
    await idle;
  });

  it('last until an answer to a read begins', async () => {
    const { requests, answer } = played();
    const answered = requests.service(request('GetObject'));
    answer(0, new PassThrough());
    await answered;
    expect(await isDone(requests.idle())).toBe(true);
  });

  it('that write are broken off when the tenure ends, and those that read are not', async () => {
    const { requests, answer, seen, tenure } = played();
    const write = requests.service(request('PutObject'));
    const read = requests.service(request('GetObject'));
    tenure.abort();
    await expect(write).rejects.toMatchObject({ code: 'ServiceUnavailable' });
    expect(seen[1]?.signal.aborted).toBe(false);
    answer(1);
    expect((await read).status).toBe(200);
  });

  it('that write give a store nothing more to write when the tenure ends', async () => {
    const { requests, answer, tenure } = played();
    const body = new PassThrough();
    const write = requests.service(request('PutObject', { body }));
    tenure.abort();
    expect(body.errored).toMatchObject({ code: 'ServiceUnavailable' });
    answer(0);
    await expect(write).rejects.toMatchObject({ code: 'ServiceUnavailable' });
  });

  it('that write are broken off when their client leaves', async () => {
    const { requests } = played();
    const client = new AbortController();
    const write = requests.service(request('PutObject', { signal: client.signal }));
    client.abort(new Error('gone'));
    await expect(write).rejects.toThrow('gone');
    await requests.idle();
  });

  it('that write and got no answer may apply for as long as a request can last', async () => {
    const { requests, unanswered, tenure, clock } = played();
    const write = requests.service(request('PutObject'));
    tenure.abort();
    await expect(write).rejects.toMatchObject({ status: 503 });
    expect(unanswered.mayApply).toBe(true);
    const settled = unanswered.settled();
    clock.advance(longestRequestMs(TIMES) - 1);
    expect(await isDone(settled)).toBe(false);
    clock.advance(1);
    expect(await isDone(settled)).toBe(true);
    expect(unanswered.mayApply).toBe(false);
  });
});
