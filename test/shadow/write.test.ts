import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { BackendUnavailable } from '../../src/backends/backend.js';
import { S3Error } from '../../src/s3/errors.js';
import type { S3Filter, S3Request, S3Response } from '../../src/s3/message.js';
import { writeComplete } from '../../src/s3/xml/multipart.js';
import { systemClock } from '../../src/system/clock.js';
import { read } from '../support/store-client.js';
import { heedingSignal, type Moving, movingBucket } from './moving.js';

const refusingWrites =
  (status: number): S3Filter =>
  (service) =>
  async (request) =>
    request.method === 'PUT' ? { status, headers: {} } : service(request);

const both = async ({ target, shadow }: Moving, key: string) => [
  await target.text(key),
  await shadow.text(key),
];

const failureOf = (answer: Promise<unknown>) => answer.catch((error: unknown) => error);

describe('a PUT without write-through', () => {
  it('goes to the target alone, and needs no state where the target honours conditions', async () => {
    const moving = await movingBucket();
    const { status, headers } = await moving.client.put('k', 'new');
    expect(status).toBe(200);
    expect(headers.etag).toBeDefined();
    expect(await both(moving, 'k')).toEqual(['new', undefined]);
    expect(moving.asked.shadow).toEqual([]);
  });

  it('hides what the shadow has', async () => {
    const moving = await movingBucket();
    await moving.shadow.put('k', 'old');
    await moving.client.put('k', 'new');
    expect(await moving.client.text('k')).toBe('new');
  });
});

describe('a PUT with write-through', () => {
  it.each([0, 1, 2, 100, 1_000_000])('of %i bytes is in both stores when it is answered', async (size) => {
    const moving = await movingBucket({ writeThrough: true });
    const body = 'x'.repeat(size);
    expect((await moving.client.put('k', body, { 'x-amz-meta-a': 'b' })).status).toBe(200);
    expect(await both(moving, 'k')).toEqual([body, body]);
    for (const store of [moving.target, moving.shadow]) {
      expect((await store.ask('HEAD', 'k')).headers['x-amz-meta-a']).toBe('b');
    }
    expect((await moving.ledger.record('k')).intents).toEqual([]);
  });

  it('is answered with the ETag of the target', async () => {
    const { client, target } = await movingBucket({ writeThrough: true });
    const { headers } = await client.put('k', 'abc');
    expect(headers.etag).toBe((await target.ask('HEAD', 'k')).headers.etag);
  });

  it('sends the body to both at once, and the ends one after the other, the shadow first', async () => {
    const ends: string[] = [];
    const noting =
      (name: string): S3Filter =>
      (service) =>
      async (request: S3Request): Promise<S3Response> => {
        const answer = await service(request);
        if (request.method === 'PUT') ends.push(name);
        return answer;
      };
    const moving = await movingBucket({
      writeThrough: true,
      onTarget: noting('target'),
      onShadow: noting('shadow'),
    });
    const body = new PassThrough();
    const answer = moving.client.open('PUT', 'k', { body, headers: { 'content-length': '6' } });
    body.write('abc');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(moving.asked.target.filter(({ method }) => method === 'PUT')).toHaveLength(1);
    expect(moving.asked.shadow.filter(({ method }) => method === 'PUT')).toHaveLength(1);
    expect(ends).toEqual([]);
    expect(await both(moving, 'k')).toEqual([undefined, undefined]);
    body.end('def');
    expect((await answer).status).toBe(200);
    expect(ends).toEqual(['shadow', 'target']);
  });

  it.each([403, 500, 503])(
    'that the shadow refuses with %i is 503, and the target has nothing',
    async (status) => {
      const moving = await movingBucket({ writeThrough: true, onShadow: refusingWrites(status) });
      await moving.target.put('k', 'before');
      const failure = await failureOf(moving.client.put('k', 'x'.repeat(100_000)));
      expect(failure).toBeInstanceOf(S3Error);
      expect(failure).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
      expect(await moving.target.text('k')).toBe('before');
    },
  );

  it('that the shadow does not answer is 503 and says so', async () => {
    const onShadow: S3Filter = (service) => (request) =>
      request.method === 'PUT'
        ? Promise.reject(new BackendUnavailable('old', 'connect', false))
        : service(request);
    const { client, target } = await movingBucket({ writeThrough: true, onShadow });
    const failure = await failureOf(client.put('k', 'new'));
    expect(failure).toMatchObject({
      status: 503,
      message: expect.stringContaining('shadow'),
      headers: { 'retry-after': '1' },
    });
    expect(await target.text('k')).toBeUndefined();
  });

  it('that the shadow refuses after it had all of it leaves nothing in the target either', async () => {
    const onShadow: S3Filter = (service) => async (request) => {
      if (request.method !== 'PUT') return service(request);
      await read(request);
      return { status: 500, headers: {} };
    };
    const moving = await movingBucket({ writeThrough: true, onShadow });
    expect(await failureOf(moving.client.put('k', 'x'.repeat(100_000)))).toMatchObject({ status: 503 });
    expect(await moving.target.text('k')).toBeUndefined();
  });

  it('that the target refuses is answered so, and the stores are brought together again', async () => {
    const moving = await movingBucket({ writeThrough: true, onTarget: refusingWrites(500) });
    await moving.target.put('k', 'before');
    await moving.shadow.put('k', 'before');
    expect((await moving.client.put('k', 'after')).status).toBe(500);
    await moving.settled();
    expect(await both(moving, 'k')).toEqual(['before', 'before']);
    expect((await moving.ledger.record('k')).intents).toEqual([]);
  });

  it('whose body breaks off leaves nothing anywhere', async () => {
    const moving = await movingBucket({ writeThrough: true });
    const body = Readable.from(
      (function* () {
        yield Buffer.from('half');
        throw new S3Error('BadDigest');
      })(),
    );
    const failure = await failureOf(
      moving.client.ask('PUT', 'k', { body, headers: { 'content-length': '8' } }),
    );
    expect(failure).toMatchObject({ code: 'BadDigest' });
    expect(await both(moving, 'k')).toEqual([undefined, undefined]);
    expect((await moving.ledger.record('k')).intents).toEqual([]);
  });

  it('ends in both stores although its client leaves in the middle of the commit', async () => {
    const gone = new AbortController();
    const leaving: S3Filter = (service) => async (request) => {
      const answer = await service(request);
      if (request.method === 'PUT') gone.abort(new Error('the client left'));
      return answer;
    };
    const moving = await movingBucket({ writeThrough: true, onShadow: leaving, onTarget: heedingSignal });
    await failureOf(moving.client.ask('PUT', 'k', { body: 'abc', signal: gone.signal }));
    await moving.settled();
    expect(await both(moving, 'k')).toEqual(['abc', 'abc']);
    expect((await moving.ledger.record('k')).intents).toEqual([]);
  });

  it('leaves nothing anywhere when its client leaves before the end', async () => {
    const gone = new AbortController();
    const moving = await movingBucket({ writeThrough: true });
    const body = new PassThrough();
    const headers = { 'content-length': '6' };
    const answer = failureOf(moving.client.ask('PUT', 'k', { body, headers, signal: gone.signal }));
    body.write('abc');
    await expect.poll(() => moving.asked.target.length).toBe(1);
    gone.abort(new Error('the client left'));
    expect(await answer).toMatchObject({ message: 'the client left' });
    expect(await both(moving, 'k')).toEqual([undefined, undefined]);
  });

  it('is refused at once although the client still owes its body', async () => {
    const refusingLater: S3Filter = (service) => async (request) => {
      if (request.method === 'PUT') await systemClock.sleep(20);
      return refusingWrites(403)(service)(request);
    };
    const moving = await movingBucket({ writeThrough: true, onTarget: refusingLater });
    const body = new PassThrough();
    const answer = moving.client.ask('PUT', 'k', { body, headers: { 'content-length': '6' } });
    body.write('abc');
    expect((await answer).status).toBe(403);
    expect(await moving.shadow.text('k')).toBeUndefined();
  });

  it('that both stores refuse leaves the answer of neither unread', async () => {
    const bodies: Readable[] = [];
    const refusing: S3Filter = (service) => async (request) => {
      if (request.method !== 'PUT') return service(request);
      const body = new PassThrough();
      body.end('refused');
      bodies.push(body);
      return { status: 400, headers: {}, body };
    };
    const moving = await movingBucket({ writeThrough: true, onTarget: refusing, onShadow: refusing });
    expect((await moving.client.put('k', 'new')).text).toBe('refused');
    expect(bodies.map((body) => body.destroyed)).toEqual([true, true]);
  });

  it('of one key at the same time as others leaves both stores with the same object', async () => {
    const moving = await movingBucket({ writeThrough: true });
    const bodies = Array.from({ length: 10 }, (_, index) => `body ${index} `.repeat(1_000));
    await Promise.all(bodies.map((body) => failureOf(moving.client.put('k', body))));
    const [inTarget, inShadow] = await both(moving, 'k');
    expect(bodies).toContain(inTarget);
    expect(inShadow).toBe(inTarget);
  });
});

describe.each([
  ['without write-through', { writeThrough: false }],
  ['with write-through', { writeThrough: true }],
  [
    'on a target that knows no conditional writes',
    { conditionalWrites: { put: false, complete: false, match: false } },
  ],
])('a conditional PUT %s', (_, options) => {
  const outcome = async (moving: Moving, headers: Record<string, string>) => {
    const failure = await failureOf(
      moving.client.put('k', 'new', headers).then(({ status }) => ({ status })),
    );
    return (failure as { status: number }).status;
  };

  it('with If-None-Match fails when only the shadow has the key', async () => {
    const moving = await movingBucket(options);
    await moving.shadow.put('k', 'old');
    expect(await outcome(moving, { 'if-none-match': '*' })).toBe(412);
    expect(await moving.client.text('k')).toBe('old');
  });

  it('with If-None-Match succeeds when no one has it, or a client deleted it', async () => {
    const moving = await movingBucket({ ...options, delete: 'target' });
    await moving.shadow.put('k', 'old');
    await moving.client.ask('DELETE', 'k');
    await moving.settled();
    expect(await outcome(moving, { 'if-none-match': '*' })).toBe(200);
    expect(await moving.client.text('k')).toBe('new');
    expect(await outcome(moving, { 'if-none-match': '*' })).toBe(412);
  });

  it('with If-Match is judged by the object that clients see', async () => {
    const moving = await movingBucket(options);
    const { headers } = await moving.shadow.put('k', 'old');
    expect(await outcome(moving, { 'if-match': '"other"' })).toBe(412);
    expect(await outcome(moving, { 'if-match': headers.etag ?? '' })).toBe(200);
    expect(await moving.client.text('k')).toBe('new');
  });
});

describe('what the target makes itself', () => {
  it.each([true, false])('CopyObject, write-through %s, ends where a PUT would', async (writeThrough) => {
    const moving = await movingBucket({ writeThrough });
    await moving.target.put('source', 'bytes');
    const headers = { 'x-amz-copy-source': 'new/source' };
    expect((await moving.client.ask('PUT', 'copy', { headers })).status).toBe(200);
    expect(await both(moving, 'copy')).toEqual(['bytes', writeThrough ? 'bytes' : undefined]);
  });

  it.each([true, false])(
    'a multipart upload, write-through %s, ends where a PUT would',
    async (writeThrough) => {
      const moving = await movingBucket({ writeThrough });
      const { text } = await moving.client.ask('POST', 'k', { query: 'uploads', body: '' });
      const uploadId = /<UploadId>([^<]+)/.exec(text)?.[1] ?? '';
      const part = await moving.client.ask('PUT', 'k', {
        query: `partNumber=1&uploadId=${uploadId}`,
        body: 'part',
      });
      const listed = `<Part><PartNumber>1</PartNumber><ETag>${part.headers.etag}</ETag></Part>`;
      const body = `<CompleteMultipartUpload>${listed}</CompleteMultipartUpload>`;
      expect((await moving.client.ask('POST', 'k', { query: `uploadId=${uploadId}`, body })).status).toBe(
        200,
      );
      expect(await both(moving, 'k')).toEqual(['part', writeThrough ? 'part' : undefined]);
    },
  );
});

describe('with write-through, an upload that was begun without it', () => {
  /** Begun in the target alone, with a part in it, it is completed through the gateway. */
  const begun = async ({ client, target }: Moving) => {
    const { text } = await target.ask('POST', 'k', { query: 'uploads', body: '' });
    const uploadId = /<UploadId>([^<]+)/.exec(text)?.[1] ?? '';
    const query = `partNumber=1&uploadId=${uploadId}`;
    const { headers: part } = await target.ask('PUT', 'k', { query, body: 'bytes' });
    const body = writeComplete([{ partNumber: 1, etag: part.etag ?? '' }]);
    return (headers = {}, signal?: AbortSignal) =>
      client.ask('POST', 'k', { query: `uploadId=${uploadId}`, headers, body, ...(signal && { signal }) });
  };

  it('is judged by the object that clients see, wherever it is', async () => {
    const moving = await movingBucket({ writeThrough: true });
    const complete = await begun(moving);
    const { headers } = await moving.shadow.put('k', 'old');
    expect(await failureOf(complete({ 'if-match': '"other"' }))).toMatchObject({ status: 412 });
    expect((await complete({ 'if-match': headers.etag ?? '' })).status).toBe(200);
    expect(await both(moving, 'k')).toEqual(['bytes', 'bytes']);
  });

  it('is copied back although its client leaves meanwhile', async () => {
    const gone = new AbortController();
    const onTarget: S3Filter = (service) => async (request) => {
      const answer = await service(request);
      if (request.operation === 'CompleteMultipartUpload') gone.abort(new Error('the client left'));
      return answer;
    };
    const moving = await movingBucket({ writeThrough: true, onTarget, onShadow: heedingSignal });
    const complete = await begun(moving);
    await failureOf(complete({}, gone.signal));
    await moving.settled();
    expect(await both(moving, 'k')).toEqual(['bytes', 'bytes']);
    expect((await moving.ledger.record('k')).intents).toEqual([]);
  });

  it.each([
    ['500', { status: 500, headers: {} }],
    [
      'an error after 200',
      { status: 200, headers: {}, body: Buffer.from('<Error><Code>InternalError</Code></Error>') },
    ],
  ])('is brought to the shadow although the target that completed it answered %s', async (_, answer) => {
    const onTarget: S3Filter = (service) => async (request) => {
      const made = await service(request);
      return request.operation === 'CompleteMultipartUpload' ? answer : made;
    };
    const moving = await movingBucket({ writeThrough: true, onTarget });
    const complete = await begun(moving);
    expect((await complete()).status).toBe(200);
    await moving.settled();
    expect(await both(moving, 'k')).toEqual(['bytes', 'bytes']);
    expect((await moving.ledger.record('k')).intents).toEqual([]);
  });

  it('excludes other writers of the key for as long as it is being copied back', async () => {
    let isFirst = true;
    const onShadow: S3Filter = (service) => async (request) => {
      if (request.method === 'PUT' && isFirst) {
        isFirst = false;
        await systemClock.sleep(900);
      }
      return service(request);
    };
    const moving = await movingBucket({ writeThrough: true, onShadow, leaseMs: 150 });
    const complete = await begun(moving);
    const completed = complete();
    await expect.poll(() => isFirst).toBe(false);
    moving.bucket.startRecovery();
    expect(await failureOf(moving.client.put('k', 'later'))).toMatchObject({ code: 'SlowDown' });
    expect((await completed).status).toBe(200);
    expect(await both(moving, 'k')).toEqual(['bytes', 'bytes']);
  });

  it('is answered as the target does that refuses it late, with nothing made', async () => {
    const onTarget: S3Filter = (service) => async (request) =>
      request.operation === 'CompleteMultipartUpload'
        ? { status: 200, headers: {}, body: Buffer.from('<Error><Code>InternalError</Code></Error>') }
        : service(request);
    const moving = await movingBucket({ writeThrough: true, onTarget });
    const complete = await begun(moving);
    expect(await complete()).toMatchObject({ status: 200, text: expect.stringContaining('InternalError') });
    await moving.settled();
    expect((await moving.ledger.record('k')).intents).toEqual([]);
  });
});
