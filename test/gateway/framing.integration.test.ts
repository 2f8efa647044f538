import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startTestGateway, type TestGateway } from './harness.js';
import { signedHead, Wire, type WireAnswer } from './wire.js';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
  await gateway.createBucket('bucket');
  await gateway.send({ method: 'PUT', target: '/bucket/old', body: 'old' });
});

afterAll(() => gateway.close());

/** Whatever was sent: nothing is stored, and who comes next is served. */
afterEach(async () => {
  const listed = await gateway.send({ target: '/bucket' });
  expect(listed.text.match(/<Key>[^<]*/g)).toEqual(['<Key>old']);
  expect(await gateway.send({ target: '/bucket/old' })).toMatchObject({ status: 200, text: 'old' });
});

const put = (...lines: string[]) => signedHead(gateway, { target: '/bucket/new', lines });
const NEXT = 'DELETE /bucket/old HTTP/1.1\r\nHost: h\r\n\r\n';

/** The one answer to what is sent; the connection is closed after it, and what follows on it is not served. */
async function refusal(bytes: string): Promise<WireAnswer> {
  const wire = await Wire.open(gateway);
  wire.send(bytes).send(NEXT);
  await wire.closed;
  expect(wire.answers).toHaveLength(1);
  const [answer] = wire.answers;
  if (answer === undefined) throw new Error('no answer');
  expect(answer.headers).toMatchObject({ connection: 'close', 'content-type': 'application/xml' });
  const id = answer.headers['x-amz-request-id'];
  expect(answer.text).toContain(`<RequestId>${id}</RequestId>`);
  return answer;
}

const codeOf = ({ text }: WireAnswer) => /<Code>(\w+)</.exec(text)?.[1];

const CHUNKED = 'Transfer-Encoding: chunked';
const LENGTH = 'Content-Length: 5';

describe('a body that two might read differently is refused', () => {
  test.each<[string, readonly string[]]>([
    ['a length and a transfer coding', [LENGTH, CHUNKED]],
    ['a transfer coding and a length', [CHUNKED, LENGTH]],
    ['two lengths', [LENGTH, 'Content-Length: 6']],
    ['the same length twice', [LENGTH, LENGTH]],
    ['a list of lengths', ['Content-Length: 5, 5']],
    ['a length with a plus', ['Content-Length: +5']],
    ['a length with a minus', ['Content-Length: -5']],
    ['a length with a space', ['Content-Length: 5 5']],
    ['a hexadecimal length', ['Content-Length: 0x5']],
    ['an empty length', ['Content-Length:']],
    ['a length of 23 digits', ['Content-Length: 99999999999999999999999']],
    ['a coding that only looks like chunked', ['Transfer-Encoding: xchunked']],
    ['a coding after chunked', ['Transfer-Encoding: chunked, identity']],
    ['chunked twice', ['Transfer-Encoding: chunked, chunked']],
    ['a second transfer coding', [CHUNKED, 'Transfer-Encoding: identity']],
    ['a coding behind a control character', ['Transfer-Encoding: \x0bchunked']],
    ['a coding on a line of its own', ['Transfer-Encoding:', ' chunked']],
    ['a space before the colon', ['Content-Length : 5']],
    ['a folded field', [LENGTH, 'X-Folded: a', ' b']],
    ['a bare line feed', [`${LENGTH}\nX-Other: a`]],
    ['a bare carriage return', [`X-Other: a\r${LENGTH}`]],
    ['a line without a colon', [LENGTH, 'nonsense']],
    ['a field without a name', [LENGTH, ': nonsense']],
  ])('%s', async (_, lines) => {
    const answer = await refusal(`${put(...lines)}hello`);
    expect([answer.status, codeOf(answer)]).toEqual([400, 'BadRequest']);
  });

  test('a length that is no exact number', async () => {
    const answer = await refusal(put('Content-Length: 9223372036854775807'));
    expect([answer.status, codeOf(answer)]).toEqual([400, 'EntityTooLarge']);
  });

  test('a transfer coding that is not taken off', async () => {
    const answer = await refusal(`${put('Transfer-Encoding: gzip, chunked')}0\r\n\r\n`);
    expect([answer.status, codeOf(answer)]).toEqual([501, 'NotImplemented']);
  });

  test('a transfer coding in HTTP/1.0', async () => {
    const head = signedHead(gateway, { target: '/bucket/new', lines: [CHUNKED], version: 'HTTP/1.0' });
    const answer = await refusal(`${head}5\r\nhello\r\n0\r\n\r\n`);
    expect([answer.status, codeOf(answer)]).toEqual([400, 'BadRequest']);
  });
});

describe('chunks that are none are refused, however far the body has come', () => {
  const chunked = () =>
    signedHead(gateway, {
      target: '/bucket/new',
      headers: {
        'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
        'x-amz-decoded-content-length': '5',
        'content-encoding': 'aws-chunked',
      },
      lines: [CHUNKED],
    });
  const CONTENT = 'f\r\n5\r\nhello\r\n0\r\n\r\n\r\n';

  test.each([
    ['no number', 'xyz\r\nhello\r\n0\r\n\r\n'],
    ['a negative number', '-5\r\nhello\r\n0\r\n\r\n'],
    ['a number of 17 digits', 'fffffffffffffffff\r\nhello\r\n0\r\n\r\n'],
    ['a space after the number', '5 \r\nhello\r\n0\r\n\r\n'],
    ['a bare line feed after the number', '5\nhello\r\n0\r\n\r\n'],
    ['a bare line feed after the data', '5\r\nhello\n0\r\n\r\n'],
    ['more data than announced', '3\r\nhello\r\n0\r\n\r\n'],
    ['an extension of 20,000 bytes', `5;${'a'.repeat(20_000)}\r\nhello\r\n0\r\n\r\n`],
    ['all that is wanted, then no number', `${CONTENT}xyz\r\n`],
    ['all that is wanted, then a trailer that has a length', `${CONTENT}0\r\nContent-Length: 99\r\n\r\n`],
    ['all that is wanted, then a trailer that is none', `${CONTENT}0\r\nnonsense\r\n\r\n`],
  ])('%s', async (_, body) => {
    const answer = await refusal(chunked() + body);
    expect([answer.status, codeOf(answer)]).toEqual([400, 'BadRequest']);
  });

  test.each([
    ['a chunk within that is no number', 'xyz\r\nhello\r\n0\r\n\r\n'],
    ['a chunk within that is longer than the object', 'ffffffff\r\nhello\r\n0\r\n\r\n'],
    ['a chunk within of 13 digits', '10000000000005\r\nhello\r\n0\r\n\r\n'],
    ['a trailer within that names a header field', '5\r\nhello\r\n0\r\nx-amz-acl:public-read\r\n\r\n'],
    ['a trailer within that names a length', '5\r\nhello\r\n0\r\ncontent-length:5\r\n\r\n'],
  ])('%s', async (_, content) => {
    const body = `${content.length.toString(16)}\r\n${content}\r\n0\r\n\r\n`;
    const wire = await Wire.open(gateway);
    const [answer] = await wire.send(chunked() + body).until(1);
    expect(answer?.status).toBe(400);
    expect(answer?.text).toMatch(/<Code>(InvalidRequest|IncompleteBody)</);
    wire.cut();
  });

  test('a trailer of the connection adds nothing to the request', async () => {
    const wire = await Wire.open(gateway);
    const trailer = '0\r\nx-amz-meta-smuggled: yes\r\nauthorization: other\r\n\r\n';
    const [answer] = await wire.send(chunked() + CONTENT + trailer).until(1);
    expect(answer?.status).toBe(200);
    const stored = await gateway.send({ target: '/bucket/new' });
    expect(stored.text).toBe('hello');
    expect(stored.headers['x-amz-meta-smuggled']).toBeUndefined();
    await gateway.send({ method: 'DELETE', target: '/bucket/new' });
    wire.cut();
  });
});

describe('a head that is none, or too long, is refused', () => {
  test.each([
    ['no HTTP', 'GARBAGE\r\n\r\n'],
    ['the handshake of TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'.padEnd(80, '\0')],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['no version', 'GET /bucket/old\r\nHost: h\r\n\r\n'],
    ['HTTP/2.0 in the form of HTTP/1', 'GET /bucket/old HTTP/2.0\r\nHost: h\r\n\r\n'],
    ['HTTP/1.2', 'GET /bucket/old HTTP/1.2\r\nHost: h\r\n\r\n'],
    ['bare line feeds', 'GET /bucket/old HTTP/1.1\nHost: h\n\n'],
    ['a space before the first field', 'GET /bucket/old HTTP/1.1\r\n Host: h\r\n\r\n'],
    ['a space in the target', 'GET /bucket/o ld HTTP/1.1\r\nHost: h\r\n\r\n'],
    ['a tab in the target', 'GET /bucket/o\tld HTTP/1.1\r\nHost: h\r\n\r\n'],
    ['a zero byte in the target', 'GET /bucket/o\0ld HTTP/1.1\r\nHost: h\r\n\r\n'],
    ['a control byte in the target', 'GET /bucket/o\x01ld HTTP/1.1\r\nHost: h\r\n\r\n'],
    ['a byte above ASCII in the target', 'GET /bucket/o\xe9ld HTTP/1.1\r\nHost: h\r\n\r\n'],
    ['a zero byte in a field', 'GET /bucket/old HTTP/1.1\r\nHost: h\r\nX-A: a\0b\r\n\r\n'],
    ['a control byte in a field', 'GET /bucket/old HTTP/1.1\r\nHost: h\r\nX-A: a\x01b\r\n\r\n'],
    ['a zero byte in the name of a field', 'GET /bucket/old HTTP/1.1\r\nHost: h\r\nX\0: a\r\n\r\n'],
    ['a method that nobody knows', 'BREW /bucket/old HTTP/1.1\r\nHost: h\r\n\r\n'],
    ['a method in lower case', 'get /bucket/old HTTP/1.1\r\nHost: h\r\n\r\n'],
    ['no host', 'GET /bucket/old HTTP/1.1\r\n\r\n'],
    ['an empty host', 'GET /bucket/old HTTP/1.1\r\nHost:\r\n\r\n'],
    ['two hosts', 'GET /bucket/old HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'],
    ['the same host twice', 'GET /bucket/old HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n'],
    ['a host with a path', 'GET /bucket/old HTTP/1.1\r\nHost: a/b\r\n\r\n'],
    ['a host with a user', 'GET /bucket/old HTTP/1.1\r\nHost: a@b\r\n\r\n'],
    ['a target on another host than the field', 'GET http://a/bucket/old HTTP/1.1\r\nHost: b\r\n\r\n'],
  ])('%s', async (_, bytes) => {
    const answer = await refusal(bytes);
    expect([answer.status, codeOf(answer)]).toEqual([400, 'BadRequest']);
  });

  test('a field of 64 KiB', async () => {
    const answer = await refusal(put(LENGTH, `X-Long: ${'a'.repeat(65_536)}`));
    expect([answer.status, codeOf(answer)]).toEqual([400, 'RequestHeaderSectionTooLarge']);
  });

  test('a target of 64 KiB', async () => {
    const answer = await refusal(`GET /bucket/${'a'.repeat(65_536)} HTTP/1.1\r\nHost: h\r\n\r\n`);
    expect([answer.status, codeOf(answer)]).toEqual([400, 'RequestHeaderSectionTooLarge']);
  });

  test('100,000 fields', async () => {
    const answer = await refusal(put(LENGTH, ...Array.from({ length: 100_000 }, (_, i) => `a${i}: b`)));
    expect([answer.status, codeOf(answer)]).toEqual([400, 'RequestHeaderSectionTooLarge']);
  });

  test('CONNECT', async () => {
    const answer = await refusal('CONNECT 10.0.0.1:443 HTTP/1.1\r\nHost: h\r\n\r\n');
    expect([answer.status, codeOf(answer)]).toEqual([405, 'MethodNotAllowed']);
  });
});

describe('a head that is unusual is understood', () => {
  const get = (head: Partial<Parameters<typeof signedHead>[1]> = {}) =>
    signedHead(gateway, { method: 'GET', target: '/bucket/old', ...head });

  async function answerTo(bytes: string): Promise<WireAnswer | undefined> {
    const wire = await Wire.open(gateway);
    const [answer] = await wire.send(bytes).until(1);
    wire.cut();
    return answer;
  }

  test('2,500 fields, none of which is lost', async () => {
    const many = Array.from({ length: 2_500 }, (_, i) => `a${i}: b`);
    expect(await answerTo(get({ lines: [...many, 'Range: bytes=1-1'] }))).toMatchObject({
      status: 206,
      text: 'l',
    });
  });

  test('empty lines before the request', async () => {
    expect(await answerTo(`\r\n\r\n${get()}`)).toMatchObject({ status: 200, text: 'old' });
  });

  test('a target that names the host', async () => {
    const absolute = get().replace('GET /', `GET http://127.0.0.1:${gateway.port}/`);
    expect(await answerTo(absolute)).toMatchObject({ status: 200, text: 'old' });
  });

  test('an offer to speak another protocol, which is not taken up', async () => {
    const answer = await answerTo(get({ lines: ['Connection: Upgrade', 'Upgrade: h2c'] }));
    expect(answer).toMatchObject({ status: 200, text: 'old' });
  });

  test('HTTP/1.0, which keeps no connection unless asked', async () => {
    const wire = await Wire.open(gateway);
    wire.send(get({ version: 'HTTP/1.0' }));
    await wire.closed;
    expect(wire.answers).toMatchObject([{ status: 200, text: 'old', headers: { connection: 'close' } }]);
  });

  test('HTTP/1.0 without a host', async () => {
    expect(await answerTo('GET /bucket/old HTTP/1.0\r\n\r\n')).toMatchObject({ status: 403 });
  });

  test.each(['PATCH', 'TRACE', 'PROPFIND', 'LINK'])('%s is no method of S3', async (method) => {
    const answer = await answerTo(signedHead(gateway, { method, target: '/bucket/old' }));
    expect(answer).toMatchObject({
      status: 405,
      headers: { allow: 'GET, HEAD, PUT, POST, DELETE, OPTIONS' },
      text: expect.stringContaining('<Code>MethodNotAllowed</Code>'),
    });
  });

  test('a body that GET does not want is passed over', async () => {
    const wire = await Wire.open(gateway);
    wire.send(`${get({ lines: ['Content-Length: 7'] })}DELETE ${get()}`);
    expect(await wire.until(2)).toMatchObject([{ text: 'old' }, { text: 'old' }]);
    wire.cut();
  });
});
