import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Backend } from '../../src/backends/backend.js';
import { remoteAt } from '../backends/remote/requests.js';
import { type RawServer, startRawServer } from '../support/raw-server.js';
import { startTestGateway, type TestGateway } from './harness.js';
import { signedHead, Wire } from './wire.js';

/** A store that says what it is told to, of a bucket that it calls `back`. */
let store: RawServer;
let saying = '';
const heads: string[] = [];
let between: Backend;
let gateway: TestGateway;

beforeAll(async () => {
  store = await startRawServer((socket, text) => {
    const head = text.split('\r\n', 1)[0] ?? '';
    if (/ HTTP\/1\.1$/.test(head)) heads.push(head);
    if (text.includes('\r\n\r\n')) socket.write(saying, 'latin1');
  });
  between = remoteAt(store.origin);
  gateway = await startTestGateway({ filter: () => between.service });
  saying = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';
  await gateway.createBucket('front', { target_bucket: 'back' });
});

afterAll(async () => {
  await gateway.close();
  await between.close();
  await store.close();
});

interface Told {
  readonly status: number;
  /** Names in lower case, in order. */
  readonly fields: readonly (readonly [string, string])[];
  readonly content: string;
}

/** Fields of the connection, of the request's number and of who answers. */
const OF_THE_HOST = /^(?:connection|keep-alive|date|server|x-amz-request-id|x-amz-id-2|x-penumbra-source)$/;

function parse(text: string): Told {
  const [head = '', content = ''] = text.split(/\r\n\r\n(.*)/s);
  const [statusLine = '', ...lines] = head.split('\r\n');
  const fields = lines
    .map(
      (line) =>
        [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()] as const,
    )
    .filter(([name]) => !OF_THE_HOST.test(name));
  return { status: Number(statusLine.split(' ')[1]), fields, content };
}

/** What a client of the gateway is told when the store says `answer`. */
async function through(answer: string, method = 'GET', target = '/front/key'): Promise<Told> {
  saying = answer;
  const wire = await Wire.open(gateway);
  wire.send(signedHead(gateway, { method, target, lines: ['Connection: close'] }));
  await wire.closed;
  return parse(wire.text);
}

function answer(status: string, fields: readonly string[], content = ''): string {
  return [`HTTP/1.1 ${status}`, ...fields, `Content-Length: ${content.length}`, '', content].join('\r\n');
}

const OBJECT = [
  'Content-Type: text/plain; charset=utf-8',
  'Content-Encoding: gzip',
  'Content-Language: fi',
  'Content-Disposition: attachment; filename="\xc3\xa9t\xc3\xa9.txt"',
  'Cache-Control: max-age=60',
  'Expires: Thu, 01 Dec 2044 16:00:00 GMT',
  'Last-Modified: Wed, 12 Oct 2009 17:50:00 GMT',
  'ETag: "9b2cf535f27731c974343645a3985328-3"',
  'Accept-Ranges: bytes',
  'x-amz-version-id: 3HL4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY+MTRCxf3vjVBH40Nr8X8gdRQBpUMLUo',
  'x-amz-server-side-encryption: aws:kms',
  'x-amz-server-side-encryption-aws-kms-key-id: arn:aws:kms:us-east-1:111122223333:key/1234',
  'x-amz-server-side-encryption-bucket-key-enabled: true',
  'x-amz-checksum-crc64nvme: AAAAAAAAAAA=',
  'x-amz-checksum-type: COMPOSITE',
  'x-amz-mp-parts-count: 3',
  'x-amz-storage-class: INTELLIGENT_TIERING',
  'x-amz-restore: ongoing-request="false", expiry-date="Fri, 21 Dec 2012 00:00:00 GMT"',
  'x-amz-expiration: expiry-date="Fri, 21 Dec 2012 00:00:00 GMT", rule-id="picture-deletion-rule"',
  'x-amz-replication-status: COMPLETED',
  'x-amz-object-lock-mode: GOVERNANCE',
  'x-amz-object-lock-retain-until-date: 2044-01-01T00:00:00Z',
  'x-amz-object-lock-legal-hold: ON',
  'x-amz-tagging-count: 2',
  'x-amz-missing-meta: 1',
  'x-amz-website-redirect-location: https://elsewhere.example/',
  'x-amz-request-charged: requester',
  'x-amz-meta-plain: value',
  'x-amz-meta-latin: caf\xe9',
  'x-amz-meta-utf8: \xe2\x82\xac 10',
  'x-amz-meta-encoded: =?UTF-8?B?4oKsIDEw?=',
  'x-amz-meta-empty:',
  'x-rgw-object-type: Normal',
  'x-of-a-store-that-nobody-knows: yes',
];

describe('what the store answers, the client is told', () => {
  test.each([
    ['an object', answer('200 OK', OBJECT, 'content')],
    ['a part of one', answer('206 Partial Content', [...OBJECT, 'Content-Range: bytes 0-6/700'], 'content')],
    [
      'several parts of one',
      answer(
        '206 Partial Content',
        ['Content-Type: multipart/byteranges; boundary=x'],
        '--x\r\n\r\na\r\n--x--',
      ),
    ],
    ['an empty object', answer('200 OK', ['ETag: "d41d8cd98f00b204e9800998ecf8427e"'])],
    ['an object of 100,000 bytes', answer('200 OK', ['ETag: "e"'], 'x'.repeat(100_000))],
    ['a page of HTML', answer('502 Bad Gateway', ['Content-Type: text/html'], '<html><h1>Oops</h1></html>')],
    ['an error without a document', answer('503 Service Unavailable', ['Retry-After: 7'])],
    ['a status of its own', answer('418 I am a teapot', ['X-Tea: green'], 'short and stout')],
    ['an answer of version 1.0', answer('200 OK', OBJECT, 'content').replace('1.1', '1.0')],
  ])('%s', async (_, said) => {
    expect(await through(said)).toEqual(parse(said));
  });

  test.each([
    ['of an object', answer('200 OK', OBJECT)],
    ['that it is not there', answer('404 Not Found', ['Content-Type: application/xml'])],
    ['of a delete marker', answer('405 Method Not Allowed', ['x-amz-delete-marker: true', 'Allow: DELETE'])],
    ['that it is elsewhere', answer('301 Moved Permanently', ['x-amz-bucket-region: eu-west-1'])],
  ])('the head %s, with the length of what is not sent', async (_, said) => {
    const head = said.replace('Content-Length: 0', 'Content-Length: 243');
    expect(await through(head, 'HEAD')).toEqual(parse(head));
  });

  test.each([
    [
      'that nothing has changed',
      'GET',
      'HTTP/1.1 304 Not Modified\r\nETag: "e"\r\nCache-Control: max-age=9\r\n\r\n',
    ],
    ['that it is done', 'DELETE', 'HTTP/1.1 204 No Content\r\nx-amz-delete-marker: true\r\n\r\n'],
  ])('%s', async (_, method, said) => {
    expect(await through(said, method)).toEqual(parse(said));
  });

  test('content whose length nobody knows', async () => {
    const said = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nETag: "e"\r\n\r\n5\r\nhello\r\n0\r\n\r\n';
    const { status, fields, content } = await through(said);
    expect([status, Object.fromEntries(fields).etag, content]).toEqual([
      200,
      '"e"',
      '5\r\nhello\r\n0\r\n\r\n',
    ]);
  });
});

describe('an error is told with its code and all that it says, but for names that the client does not know', () => {
  const error = (code: string) =>
    `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>It &lt;is&gt; so.</Message>` +
    '<BucketName>back</BucketName><Key>key</Key><Detail>1</Detail><Resource>/back/key</Resource>' +
    '<RequestId>THEIRS</RequestId><HostId>rack-7</HostId></Error>';

  test.each([
    ['404 Not Found', 'NoSuchKey'],
    ['403 Forbidden', 'AccessDenied'],
    ['409 Conflict', 'InvalidBucketState'],
    ['400 Bad Request', 'CodeOfAStoreThatNobodyKnows'],
    ['501 Not Implemented', 'NotImplemented'],
    ['500 Internal Server Error', 'InternalError'],
  ])('%s %s', async (status, code) => {
    const said = answer(status, ['Content-Type: application/xml', 'x-amz-error-detail: 7'], error(code));
    const { fields, content, ...told } = await through(said);
    expect(told.status).toBe(Number(status.slice(0, 3)));
    expect(Object.fromEntries(fields)).toEqual({
      'content-type': 'application/xml',
      'x-amz-error-detail': '7',
      'content-length': String(content.length),
    });
    const id = /<RequestId>([0-9A-F]{16})</.exec(content)?.[1];
    const expected = error(code)
      .replace('<BucketName>back', '<BucketName>front')
      .replace('/back/key', '/front/key')
      .replace('THEIRS', String(id))
      .replace('rack-7', 'penumbra');
    expect(content).toBe(expected);
  });

  test.each(['301 Moved Permanently', '307 Temporary Redirect'])(
    '%s, which leads nowhere else: the client is where it should be',
    async (status) => {
      const xml = '<Error><Code>PermanentRedirect</Code><Endpoint>back.store.example</Endpoint></Error>';
      const location = 'Location: https://back.store.example/key';
      const told = await through(answer(status, ['x-amz-bucket-region: eu-west-1', location], xml));
      expect(told.status).toBe(Number(status.slice(0, 3)));
      expect(told.fields.map(([name]) => name)).toEqual(['x-amz-bucket-region', 'content-length']);
      expect(told.content).toBe(xml.replace('back.store.example', `127.0.0.1:${gateway.port}`));
    },
  );

  test('the name of a gateway that is the store is not passed on', async () => {
    const fields = [
      'ETag: "e"',
      'x-penumbra-source: shadow',
      'x-penumbra-has-shadow: true',
      'x-amz-request-id: 1',
    ];
    saying = answer('200 OK', fields, 'content');
    const { headers } = await gateway.send({ target: '/front/key' });
    expect(headers['x-penumbra-source']).toBe('target');
    expect(headers['x-penumbra-has-shadow']).toBeUndefined();
    expect(headers['x-amz-request-id']).toMatch(/^[0-9A-F]{16}$/);
  });
});

describe('what nobody here has heard of goes to the store as it came', () => {
  test.each([
    ['GET', '/front?newThing'],
    ['PUT', '/front?newThing'],
    ['DELETE', '/front?newThing'],
    ['POST', '/front?newThing'],
    ['GET', '/front/key?newThing&versionId=7'],
    ['PUT', '/front/key?newThing'],
    ['POST', '/front/key?newThing=1'],
    ['DELETE', '/front/key?newThing'],
    ['GET', '/front?x-id=NewThing&list-type=2&prefix=a%20b&newThing=%2F'],
  ])('%s %s', async (method, target) => {
    heads.length = 0;
    const xml = '<NewThingResult><Made>yes</Made></NewThingResult>';
    saying = answer('200 OK', ['Content-Type: application/xml'], xml);
    const told = await gateway.send({ method, target, ...(method[0] === 'P' && { body: '<NewThing/>' }) });
    expect([told.status, told.text]).toEqual([200, xml]);
    const path = target.replace('/front', '/back').replace(/\?(\w+)$/, '?$1=');
    expect(heads.at(-1)).toMatch(new RegExp(`^${method} ${path.split('?')[0]}\\?`));
    const [sent, wanted] = [heads.at(-1), `${method} ${path} HTTP/1.1`].map((line) =>
      line?.replaceAll(/=(?=[& ])/g, ''),
    );
    expect(sent).toBe(wanted);
  });
});
