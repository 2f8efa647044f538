import { describe, expect, it } from 'vitest';
import { forwardedRequestHeaders, forwardedResponseHeaders } from '../../../src/backends/remote/headers.js';

describe('the headers of a request', () => {
  it('go on but for those of the connection and of the client’s own signature', () => {
    const forwarded = forwardedRequestHeaders({
      'content-type': 'image/jpeg',
      'x-amz-meta-colour': 'black',
      'if-none-match': '*',
      range: 'bytes=0-1',
      connection: 'keep-alive',
      'transfer-encoding': 'chunked',
      authorization: 'AWS4-HMAC-SHA256 …',
      expect: '100-continue',
      host: 'gateway.example.com',
      'x-amz-date': '20260101T000000Z',
      'x-amz-security-token': 'of the client',
      'x-amz-trailer': 'x-amz-checksum-crc32',
    });
    expect(forwarded).toEqual({
      'content-type': 'image/jpeg',
      'x-amz-meta-colour': 'black',
      'if-none-match': '*',
      range: 'bytes=0-1',
    });
  });
});

describe('the headers of an answer', () => {
  it('go on but for those that Connection names', () => {
    const forwarded = forwardedResponseHeaders({
      etag: '"e"',
      connection: 'close, X-Hop',
      'x-hop': '1',
      'keep-alive': 'timeout=5',
    });
    expect(forwarded).toEqual({ etag: '"e"' });
  });

  it('are joined where they came more than once', () => {
    expect(forwardedResponseHeaders({ vary: ['origin', 'accept'] })).toEqual({ vary: 'origin, accept' });
  });
});
