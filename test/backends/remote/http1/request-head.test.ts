import { describe, expect, it } from 'vitest';
import type { HttpRequest } from '../../../../src/backends/remote/http1/handler.js';
import { UnsendableRequest } from '../../../../src/backends/remote/http1/http-errors.js';
import { announcedLength, requestHead } from '../../../../src/backends/remote/http1/request-head.js';

const request = (given: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'GET',
  path: '/photos/cat.jpg',
  headers: { host: 'far' },
  body: null,
  ...given,
});

describe('a head', () => {
  it('is a request line and its fields', () => {
    expect(
      requestHead(request({ path: '/photos/cat.jpg?acl=', headers: { host: 'far', range: 'bytes=0-1' } })),
    ).toBe(
      'GET /photos/cat.jpg?acl= HTTP/1.1\r\nconnection: keep-alive\r\nhost: far\r\nrange: bytes=0-1\r\n\r\n',
    );
  });

  it.each([
    ['PUT', true],
    ['POST', true],
    ['GET', false],
    ['HEAD', false],
    ['DELETE', false],
  ])('of a %s without a body says that there is none: %s', (method, says) => {
    expect(requestHead(request({ method })).includes('content-length: 0\r\n')).toBe(says);
  });

  it.each([
    '/a b',
    '/a\r\nx: y',
    '/a\nb',
    '/a\tb',
    '/a\0',
    '/caf\xe9',
    '/\u010d\u010a',
    '',
    '/a HTTP/1.1\r\nhost: other\r\n\r\nGET /b',
  ])('with the path %j is not sent', (path) => {
    expect(() => requestHead(request({ path }))).toThrow(UnsendableRequest);
  });

  it.each([
    ['a\r\nb', 'x'],
    ['a b', 'x'],
    ['a:b', 'x'],
    ['', 'x'],
    ['a', 'x\r\ny: z'],
    ['a', 'x\ny: z'],
    ['a', 'x\r'],
    ['a', 'x\0'],
    // Their low bytes are a line break.
    ['a', '\u010d\u010ay: z'],
    ['\u0161', 'x'],
  ])('with the field %j: %j is not sent', (name, value) => {
    expect(() => requestHead(request({ headers: { [name]: value } }))).toThrow(UnsendableRequest);
  });
});

describe('a body', () => {
  it.each([undefined, '', '-1', '+5', '5.0', '5, 5', '0x5', ' 5'])(
    'announced as %j is not sent',
    (length) => {
      const headers = length === undefined ? {} : { 'content-length': length };
      expect(() => announcedLength(request({ headers, body: Buffer.from('hello') }))).toThrow(
        UnsendableRequest,
      );
    },
  );

  it('of another length than was announced is not sent', () => {
    const headers = { 'content-length': '4' };
    expect(() => announcedLength(request({ headers, body: Buffer.from('hello') }))).toThrow(
      UnsendableRequest,
    );
  });
});
