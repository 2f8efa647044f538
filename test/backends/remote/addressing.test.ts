import { describe, expect, it } from 'vitest';
import { createAddressing } from '../../../src/backends/remote/addressing.js';

const pathStyle = (endpoint: string) => createAddressing({ endpoint, forcePathStyle: true });
const virtualHosted = (endpoint: string) => createAddressing({ endpoint, forcePathStyle: false });

describe('path-style addressing', () => {
  const at = pathStyle('http://127.0.0.1:8080');

  it('puts the bucket into the path and the port into the Host header', () => {
    expect(at('photos', 'cat.jpg')).toEqual({
      origin: 'http://127.0.0.1:8080',
      host: '127.0.0.1:8080',
      path: '/photos/cat.jpg',
    });
  });

  it('has no trailing slash for a bucket, and a bare one for the service', () => {
    expect(at('photos', '').path).toBe('/photos');
    expect(at('', '').path).toBe('/');
  });

  it.each([
    ['/a', '/photos//a'],
    ['a//b/', '/photos/a//b/'],
    ['../x', '/photos/../x'],
    ['a%2Fb', '/photos/a%252Fb'],
    ["a b+c'(d)!*", '/photos/a%20b%2Bc%27%28d%29%21%2A'],
    ['😀', '/photos/%F0%9F%98%80'],
  ])('keeps the key %j what it is', (key, path) => {
    expect(at('photos', key).path).toBe(path);
  });

  it('leaves out the port that the scheme implies', () => {
    expect(pathStyle('https://s3.example.com:443')('photos', '').host).toBe('s3.example.com');
  });

  it('starts at the path of the endpoint', () => {
    const address = pathStyle('https://example.com/storage/v1/s3/');
    expect(address('photos', 'cat.jpg').path).toBe('/storage/v1/s3/photos/cat.jpg');
    expect(address('', '').path).toBe('/storage/v1/s3/');
  });
});

describe('virtual-hosted addressing', () => {
  it('puts the bucket into the host', () => {
    const address = virtualHosted('https://s3.example.com');
    expect(address('photos', 'a/b')).toEqual({
      origin: 'https://photos.s3.example.com',
      host: 'photos.s3.example.com',
      path: '/a/b',
    });
    expect(address('photos', '').path).toBe('/');
  });

  it.each(['my.photos', 'My_Photos'])('leaves the name %s, which is no host label, in the path', (bucket) => {
    expect(virtualHosted('https://s3.example.com')(bucket, 'k')).toMatchObject({
      host: 's3.example.com',
      path: `/${bucket}/k`,
    });
  });

  it.each(['http://127.0.0.1:9000', 'http://[::1]:9000'])('is not used below the address %s', (endpoint) => {
    expect(virtualHosted(endpoint)('photos', 'k').path).toBe('/photos/k');
  });
});
