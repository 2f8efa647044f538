import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { S3Request, S3Response, S3Service } from '../../src/s3/message.js';
import { systemClock } from '../../src/system/clock.js';
import { startTestGateway, type TestGateway } from './harness.js';
import { signedHead, Wire } from './wire.js';

let gateway: TestGateway;
/** Stands before the backend. */
let before: (request: S3Request) => Promise<unknown> = async () => undefined;
const served: string[] = [];
const signals: AbortSignal[] = [];

const watched =
  (service: S3Service): S3Service =>
  async (request): Promise<S3Response> => {
    served.push(`${request.method} ${request.key}`);
    signals.push(request.signal);
    await before(request);
    return service(request);
  };

beforeAll(async () => {
  gateway = await startTestGateway({ filter: watched });
  await gateway.createBucket('bucket');
  await gateway.send({ method: 'PUT', target: '/bucket/old', body: 'old' });
});

afterEach(async () => {
  before = async () => undefined;
  for (const key of ['a', 'b']) await gateway.send({ method: 'DELETE', target: `/bucket/${key}` });
  served.length = 0;
  signals.length = 0;
});

afterAll(() => gateway.close());

const get = (key: string, ...lines: string[]) =>
  signedHead(gateway, { method: 'GET', target: `/bucket/${key}`, lines });
const putHead = (key: string, ...lines: string[]) => signedHead(gateway, { target: `/bucket/${key}`, lines });
const put = (key: string, body: string, ...lines: string[]) =>
  putHead(key, `Content-Length: ${body.length}`, ...lines) + body;
const unsignedPut = (body: string) =>
  `PUT /bucket/a HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

const stored = async (key: string): Promise<boolean> =>
  (await gateway.send({ method: 'HEAD', target: `/bucket/${key}` })).status === 200;

describe('requests on one connection', () => {
  test('that come all at once are served one after the other, and answered in order', async () => {
    before = ({ method }) => systemClock.sleep(method === 'PUT' ? 50 : 0);
    const wire = await Wire.open(gateway);
    const remove = signedHead(gateway, { method: 'DELETE', target: '/bucket/a' });
    wire.send(put('a', 'one') + get('a') + put('a', 'two!') + get('a') + remove + get('a') + get('old'));
    const answers = await wire.until(7);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 204, 404, 200]);
    expect([1, 3, 6].map((at) => answers[at]?.text)).toEqual(['one', 'two!', 'old']);
    wire.cut();
  });

  test('may be many more than are read ahead', async () => {
    const wire = await Wire.open(gateway);
    wire.send(get('old').repeat(150));
    const answers = await wire.until(150);
    expect(new Set(answers.map(({ text }) => text))).toEqual(new Set(['old']));
    wire.cut();
  });

  test('go on after one that was refused, its body or not', async () => {
    const wire = await Wire.open(gateway);
    wire.send(get('none') + unsignedPut('x'.repeat(300_000)) + get('old'));
    expect((await wire.until(3)).map(({ status }) => status)).toEqual([404, 403, 200]);
    wire.send(`${unsignedPut('body').replace('/a ', '/%zz ')}${get('old')}`);
    expect((await wire.until(5)).slice(3)).toMatchObject([{ status: 400 }, { status: 200, text: 'old' }]);
    wire.cut();
  });

  test('end with one that says so', async () => {
    const wire = await Wire.open(gateway);
    wire.send(get('old', 'Connection: close') + put('a', 'never'));
    await wire.closed;
    expect(wire.answers).toHaveLength(1);
    expect(served).toEqual(['GET old']);
  });

  test('are answered before what is none behind them is refused', async () => {
    before = () => systemClock.sleep(50);
    const wire = await Wire.open(gateway);
    wire.send(`${put('a', 'one') + get('a')}GARBAGE\r\n\r\n`);
    await wire.closed;
    expect(wire.answers.map(({ status }) => status)).toEqual([200, 200, 400]);
    expect(wire.answers[1]?.text).toBe('one');
  });

  test('are not begun when the connection was cut before their turn', async () => {
    let go: () => void = () => undefined;
    before = () =>
      new Promise<void>((done) => {
        go = done;
      });
    const wire = await Wire.open(gateway);
    wire.send(get('old') + put('a', 'never'));
    await expect.poll(() => served).toEqual(['GET old']);
    wire.cut();
    await wire.closed;
    go();
    before = async () => undefined;
    expect(await gateway.send({ target: '/bucket/old' })).toMatchObject({ status: 200 });
    expect(served).toEqual(['GET old', 'GET old']);
  });
});

describe('a client that asks first (Expect: 100-continue)', () => {
  const asking = (...lines: string[]) => putHead('a', 'Content-Length: 5', ...lines);

  test('is told to go on once it is known who it is, and then sends', async () => {
    const wire = await Wire.open(gateway);
    wire.send(asking('Expect: 100-Continue'));
    await expect.poll(() => wire.text).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    wire.send('hello');
    expect(await wire.until(2)).toMatchObject([{ status: 100 }, { status: 200 }]);
    wire.cut();
  });

  test.each([
    ['without a signature', 'PUT /bucket/a HTTP/1.1\r\nHost: h', 403],
    ['with a wrong one', 'wrong', 403],
    ['for a bucket that is not there', 'nowhere', 404],
  ])('is refused %s before it sends, and the connection is closed', async (_, how, status) => {
    const heads: Record<string, string> = {
      wrong: asking('Expect: 100-continue').replace('/bucket/a', '/bucket/b'),
      nowhere: signedHead(gateway, {
        target: '/nowhere/a',
        lines: ['Content-Length: 5', 'Expect: 100-continue'],
      }),
    };
    const wire = await Wire.open(gateway);
    wire.send(heads[how] ?? `${how}\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n`);
    await wire.closed;
    expect(wire.answers).toMatchObject([{ status, headers: { connection: 'close' } }]);
  });

  test('is refused an expectation that nobody knows', async () => {
    const wire = await Wire.open(gateway);
    wire.send(`${asking('Expect: 200-ok')}hello${get('old')}`);
    await wire.closed;
    expect(wire.answers).toMatchObject([
      { status: 417, text: expect.stringContaining('<Code>ExpectationFailed</Code>') },
    ]);
    expect(await stored('a')).toBe(false);
  });

  test('is not told anything in HTTP/1.0', async () => {
    const wire = await Wire.open(gateway);
    const lines = ['Content-Length: 5', 'Expect: 100-continue'];
    wire.send(`${signedHead(gateway, { target: '/bucket/a', lines, version: 'HTTP/1.0' })}hello`);
    await wire.closed;
    expect(wire.answers).toMatchObject([{ status: 200 }]);
  });
});

describe('a client that leaves', () => {
  const head = () => putHead('a', 'Content-Length: 200000');

  test.each([
    ['before it has said anything', () => ''],
    ['within the head', () => head().slice(0, 80)],
    ['after the head', head],
    ['within the body', () => head() + 'x'.repeat(150_000)],
    ['one byte before the end', () => head() + 'x'.repeat(199_999)],
  ])('%s leaves nothing behind', async (_, bytes) => {
    for (const how of ['cut', 'end'] as const) {
      const wire = await Wire.open(gateway);
      wire.send(bytes());
      if (bytes().length > 200) await expect.poll(() => served).toContain('PUT a');
      wire[how]();
      await wire.closed;
      expect(wire.answers.every(({ status }) => status === 400)).toBe(true);
      await expect.poll(() => signals.every(({ aborted }) => aborted)).toBe(true);
      expect(await stored('a')).toBe(false);
      served.length = 0;
      signals.length = 0;
    }
  });

  test('within chunks leaves nothing behind', async () => {
    const headers = {
      'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
      'x-amz-decoded-content-length': '5',
      'content-encoding': 'aws-chunked',
    };
    const wire = await Wire.open(gateway);
    const lines = ['Transfer-Encoding: chunked'];
    wire.send(
      `${signedHead(gateway, { target: '/bucket/a', headers, lines })}f\r\n5\r\nhello\r\n0\r\n\r\n\r\n`,
    );
    await expect.poll(() => served).toEqual(['PUT a']);
    wire.end();
    await wire.closed;
    expect(wire.answers).toMatchObject([
      { status: 400, text: expect.stringContaining('<Code>IncompleteBody</Code>') },
    ]);
    expect(await stored('a')).toBe(false);
  });

  test('while it is answered ends what is done for it', async () => {
    let signal: AbortSignal | undefined;
    before = (request) => {
      ({ signal } = request);
      return new Promise((_, reject) => request.signal.addEventListener('abort', reject));
    };
    const wire = await Wire.open(gateway);
    wire.send(get('old'));
    await expect.poll(() => served).toEqual(['GET old']);
    wire.cut();
    await expect.poll(() => signal?.aborted).toBe(true);
  });
});

test('what comes after the announced length is another request', async () => {
  const wire = await Wire.open(gateway);
  wire.send(`${putHead('a', 'Content-Length: 5')}hello, world`);
  await wire.closed;
  expect(wire.answers.map(({ status }) => status)).toEqual([200, 400]);
  expect((await gateway.send({ target: '/bucket/a' })).text).toBe('hello');
});
