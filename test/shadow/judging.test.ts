import { describe, expect, it } from 'vitest';
import { discard } from '../../src/s3/body.js';
import { S3Error } from '../../src/s3/errors.js';
import type { S3Filter } from '../../src/s3/message.js';
import { writeComplete } from '../../src/s3/xml/multipart.js';
import { type Moving, type MovingOptions, movingBucket } from './moving.js';

/** Conditions that the target ignores, as Ceph RGW 16 does: all but If-None-Match on PUT. */
const PUT_ALONE = { put: true, complete: false, match: false };

const ignoring: S3Filter = (service) => (request) => {
  const { 'if-match': _, ...headers } = request.headers;
  const { 'if-none-match': __, ...bare } = headers;
  return service({ ...request, headers: request.operation === 'PutObject' ? headers : bare });
};

const onRgw = (options: MovingOptions) =>
  movingBucket({ conditionalWrites: PUT_ALONE, onTarget: ignoring, ...options });

const told = (answer: Promise<{ status: number }>): Promise<number | string> =>
  answer.then(
    ({ status }) => status,
    (error: unknown) => (error instanceof S3Error ? error.code : Promise.reject(error)),
  );

async function complete(moving: Moving, headers: Record<string, string>): Promise<number | string> {
  const created = await moving.client.ask('POST', 'k', { query: 'uploads' });
  const uploadId = /<UploadId>(.*)<\/UploadId>/.exec(created.text)?.[1] ?? '';
  const part = { query: `partNumber=1&uploadId=${uploadId}`, body: 'in parts' };
  const { headers: answered } = await moving.client.ask('PUT', 'k', part);
  const body = writeComplete([{ partNumber: 1, etag: answered.etag ?? '' }]);
  return told(moving.client.ask('POST', 'k', { query: `uploadId=${uploadId}`, body, headers }));
}

const ATTEMPTS: Record<string, (moving: Moving) => Promise<number | string>> = {
  'a Complete that wants no object': (moving) => complete(moving, { 'if-none-match': '*' }),
  'a PUT that wants this object': async ({ client }) => {
    const { headers } = await client.ask('HEAD', 'k');
    return told(client.put('k', 'new', { 'if-match': headers.etag ?? '' }));
  },
  'a DELETE that wants this object': async ({ client }) => {
    const { headers } = await client.ask('HEAD', 'k');
    return told(client.ask('DELETE', 'k', { headers: { 'if-match': headers.etag ?? '' } }));
  },
};

describe.each(Object.entries(ATTEMPTS))('%s on a target that ignores that condition', (_, attempt) => {
  it.each([
    ['read-through', {}],
    ['a rung that other gateways may not have reached', { rung: 'exclusive', isConfirmed: false }],
  ] as const)('has to wait on %s, and all gateways are asked to announce writes', async (_name, options) => {
    const moving = await onRgw(options);
    await moving.shadow.put('k', 'old');
    expect(await attempt(moving)).toBe('SlowDown');
    expect(moving.demands()).toBe(1);
    expect(await moving.target.text('k')).toBeUndefined();
    expect(await moving.client.text('k')).toBe('old');
    expect((await moving.ledger.record('k')).intents).toEqual([]);
  });

  it.each(['exclusive', 'write-through'] as const)(
    'is judged by the gateway on the rung %s, once all gateways have reached it',
    async (rung) => {
      const moving = await onRgw({ rung });
      await moving.shadow.put('k', 'old');
      const expected = _.includes('no object') ? 'PreconditionFailed' : _.includes('PUT') ? 200 : 204;
      expect(await attempt(moving)).toBe(expected);
      expect(moving.demands()).toBe(0);
    },
  );
});

it.each([
  ['read-through', {}],
  ['a rung that other gateways may not have reached', { rung: 'exclusive', isConfirmed: false }],
] as const)('of two deletes that want the same object the later one is refused on %s', async (_, options) => {
  let isJudging = false;
  const moving = await movingBucket({
    ...options,
    onTarget: (service) => async (request) => {
      const answer = await service(request);
      if (isJudging && request.operation === 'HeadObject') {
        isJudging = false;
        await moving.target.ask('DELETE', 'k');
      }
      return answer;
    },
  });
  const { headers } = await moving.target.put('k', 'wanted');
  isJudging = true;
  const condition = { headers: { 'if-match': headers.etag ?? '' } };
  expect(await told(moving.client.ask('DELETE', 'k', condition))).toBe(412);
  await moving.settled();
  expect((await moving.ledger.record('k')).intents).toEqual([]);
});

describe('on the rung where others may still write without an intent', () => {
  const onTheWay = (options: MovingOptions = {}) =>
    movingBucket({ rung: 'exclusive', isConfirmed: false, ...options });

  /** A plain PUT of a gateway on the rung before comes between the judgement and the write. */
  const interrupted = async (method: 'PUT' | 'DELETE', condition: 'if-match' | 'if-none-match') => {
    let isInterrupting = false;
    const moving = await onTheWay({
      onTarget: (service) => async (request) => {
        if (isInterrupting && request.method === method) {
          isInterrupting = false;
          await moving.target.put('k', 'of another');
        }
        return service(request);
      },
    });
    if (condition === 'if-match') await moving.target.put('k', 'first');
    const { headers } = await moving.client.ask('HEAD', 'k');
    isInterrupting = true;
    const value = condition === 'if-match' ? (headers.etag ?? '') : '*';
    // An empty body has no end that could be withheld: the request is sent once it is judged.
    const body = method === 'PUT' ? { body: '' } : {};
    const status = await told(moving.client.ask(method, 'k', { ...body, headers: { [condition]: value } }));
    await moving.settled();
    return { status, text: await moving.client.text('k'), record: await moving.ledger.record('k') };
  };

  it.each([
    ['PUT', 'if-match'],
    ['PUT', 'if-none-match'],
    ['DELETE', 'if-match'],
  ] as const)('the target has the last word on a %s with %s', async (method, condition) => {
    const { status, text, record } = await interrupted(method, condition);
    expect([status, text]).toEqual([412, 'of another']);
    expect(record.intents).toEqual([]);
  });

  it('an object that only the shadow has is brought over before the target judges it', async () => {
    const moving = await onTheWay();
    await moving.shadow.put('k', 'old');
    const { headers } = await moving.client.ask('HEAD', 'k');
    expect(await told(moving.client.put('k', 'new', { 'if-match': headers.etag ?? '' }))).toBe(200);
    expect(await moving.client.text('k')).toBe('new');
  });
});

it.each([
  ['PUT', { 'if-none-match': '*' }],
  ['PUT', { 'if-match': '"any"' }],
  ['DELETE', { 'if-match': '"any"' }],
])('beside gateways that know of no shadow the target has the last word: %s %o', async (method, headers) => {
  const refusing: S3Filter = (service) => async (request) => {
    if (request.method !== method) return service(request);
    expect(request.headers).toMatchObject(headers);
    discard(request.body);
    return { status: 412, headers: {} };
  };
  const moving = await movingBucket({
    rung: 'target-only',
    conditionalWrites: { put: false, complete: false, match: false },
    onTarget: refusing,
  });
  if ('if-match' in headers) {
    await moving.target.put('k', 'text');
    const { etag = '' } = (await moving.target.ask('HEAD', 'k')).headers;
    headers['if-match'] = etag;
  }
  const body = method === 'PUT' ? { body: 'new' } : {};
  expect((await moving.client.ask(method, 'k', { headers, ...body })).status).toBe(412);
  expect((await moving.ledger.record('k')).intents).toEqual([]);
});
