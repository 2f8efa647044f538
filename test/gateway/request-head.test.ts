import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { forwardedFields, readHead } from '../../src/gateway/request-head.js';

function incoming(method: string, url: string, ...rawHeaders: string[]): IncomingMessage {
  const version = { httpVersionMajor: 1, httpVersionMinor: 1 };
  return Object.assign(new IncomingMessage(new Socket()), { method, url, rawHeaders, ...version });
}

test('the path is read as it stands: dots and doubled slashes are parts of a key', () => {
  const { address, operation } = readHead(
    incoming('GET', '/photos/./x/..//y', 'Host', 'localhost'),
    undefined,
  );
  expect(address).toMatchObject({ bucket: 'photos', key: './x/..//y' });
  expect(operation).toBe('GetObject');
});

test('fields that come twice are joined, and a field may have any name', () => {
  const raw = ['Host', 'h', 'X-Amz-Meta-A', '1', 'x-amz-meta-a', '2', '__proto__', 'p'];
  const { received } = readHead(incoming('PUT', '/photos/a', ...raw), undefined);
  expect(received['x-amz-meta-a']).toBe('1,2');
  expect(Object.keys(received)).toContain('__proto__');
  expect('constructor' in received).toBe(false);
});

test('a presigned URL loses its signature, and x-amz-* parameters become the fields that its signer moved', () => {
  const query =
    'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=c&X-Amz-Date=d&X-Amz-Expires=60&X-Amz-SignedHeaders=host' +
    '&X-Amz-Signature=s&x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-sdk-checksum-algorithm=CRC32&x-amz-copy-source=%2Fpapers%2Fa&x-amz-meta-a=1&x-id=CopyObject';
  const head = readHead(incoming('PUT', `/photos/a?${query}`, 'Host', 'h', 'x-amz-meta-a', '2'), undefined);
  expect(head.query).toEqual([['x-id', 'CopyObject']]);
  expect(head.operation).toBe('CopyObject');
  expect(head.fields).toMatchObject({ 'x-amz-copy-source': '/papers/a', 'x-amz-meta-a': '2' });
  expect(head.received['x-amz-copy-source']).toBeUndefined();
  expect(head.fields['x-amz-checksum-crc32']).toBeUndefined();
});

test('without a signature in the URL an x-amz-* parameter is only a parameter', () => {
  const head = readHead(incoming('PUT', '/photos/a?x-amz-copy-source=papers/a', 'Host', 'h'), undefined);
  expect(head.operation).toBe('PutObject');
  expect(head.fields['x-amz-copy-source']).toBeUndefined();
});

test('what belongs to the connection, the signature or the site is not forwarded', () => {
  const fields = {
    authorization: 'AWS4-HMAC-SHA256 ...',
    connection: 'keep-alive, X-Hop',
    'content-encoding': 'aws-chunked,gzip',
    'content-type': 'text/plain',
    cookie: 'session=secret',
    'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
    'x-amz-date': '20130524T000000Z',
    'x-amz-meta-a': '1',
    'x-amz-meta-penumbra-a': '2',
    'x-amz-meta-penumbra-source-etag': 'of the gateway alone',
    'x-hop': '1',
    'x-penumbra-shadow-of': 'b1',
  };
  expect(forwardedFields(fields)).toEqual({
    'content-encoding': 'gzip',
    'content-type': 'text/plain',
    'x-amz-meta-a': '1',
    'x-amz-meta-penumbra-a': '2',
  });
});

test('a coding that was only for the way is gone altogether', () => {
  expect(forwardedFields({ 'content-encoding': 'aws-chunked' })).toEqual({});
});

test.each([
  ['x-amz-meta-a=1%0D%0Ax-amz-acl:public-read', 'a line break'],
  ['x-amz-meta-a=%00', 'a zero byte'],
  ['x-amz-meta-a%0D%0Ab=1', 'a line break in its name'],
  ['x-amz-meta-a%20b=1', 'a space in its name'],
])('a parameter that stands for a field cannot be one: %s has %s', (parameter) => {
  const url = `/photos/a?X-Amz-Signature=s&${parameter}`;
  expect(() => readHead(incoming('PUT', url, 'Host', 'h'), undefined)).toThrow(
    expect.objectContaining({ code: 'InvalidArgument' }),
  );
});

test('a parameter that stands for a field has the bytes of its text', () => {
  const url = '/photos/a?X-Amz-Signature=s&x-amz-meta-price=%E2%82%AC%2010';
  const { fields } = readHead(incoming('PUT', url, 'Host', 'h'), undefined);
  expect(fields['x-amz-meta-price']).toBe(Buffer.from('€ 10').toString('latin1'));
});
