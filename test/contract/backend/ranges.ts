import { expect, it } from 'vitest';
import { expectError, putInParts, type Scene } from './scene.js';

const RANGES: [range: string, bytes: string, contentRange: string][] = [
  ['bytes=0-0', '0', 'bytes 0-0/10'],
  ['bytes=2-5', '2345', 'bytes 2-5/10'],
  ['bytes=7-', '789', 'bytes 7-9/10'],
  ['bytes=5-100', '56789', 'bytes 5-9/10'],
  ['bytes=-3', '789', 'bytes 7-9/10'],
  ['bytes=-100', '0123456789', 'bytes 0-9/10'],
];

export function rangeCases(scene: Scene): void {
  it.each(RANGES)('answers %s of ten bytes with %s', async (range, bytes, contentRange) => {
    const client = await scene.bucket();
    await client.put('key', '0123456789');
    const { status, text, headers } = await client.ask('GET', 'key', { headers: { range } });
    expect([status, text, headers['content-range']]).toEqual([206, bytes, contentRange]);
    expect(headers['content-length']).toBe(String(bytes.length));
  });

  it.each(['bytes=10-', 'bytes=10-20', 'bytes=-0'])('refuses %s of ten bytes', async (range) => {
    const client = await scene.bucket();
    await client.put('key', '0123456789');
    expectError(await client.ask('GET', 'key', { headers: { range } }), 416, 'InvalidRange');
  });

  it('reads a range out of the middle of a large object', async () => {
    const client = await scene.bucket();
    const bytes = Buffer.alloc(600_000, 'abcdefg');
    await client.put('key', bytes);
    const { body } = await client.ask('GET', 'key', { headers: { range: 'bytes=299990-300009' } });
    expect(body.equals(bytes.subarray(299_990, 300_010))).toBe(true);
  });

  it('ignores what is no range', async () => {
    const client = await scene.bucket();
    await client.put('key', '0123456789');
    for (const range of ['bytes=5-2', 'lines=1-2', 'bytes=a-b']) {
      const { status, text } = await client.ask('GET', 'key', { headers: { range } });
      expect([status, text]).toEqual([200, '0123456789']);
    }
  });

  it('reads ranges over the borders of parts', async () => {
    const client = await scene.bucket();
    const first = Buffer.alloc(scene.capabilities.minPartSize, 'a');
    await putInParts(client, 'key', [first, 'bcdef']);
    const range = `bytes=${first.length - 2}-${first.length + 1}`;
    expect((await client.ask('GET', 'key', { headers: { range } })).text).toBe('aabc');
    expect((await client.ask('GET', 'key', { headers: { range: 'bytes=-3' } })).text).toBe('def');
  });

  scene.when('partNumberReads')('reads one part by its number', async () => {
    const client = await scene.bucket();
    const first = Buffer.alloc(scene.capabilities.minPartSize, 'a');
    await putInParts(client, 'key', [first, 'bcdef']);
    const second = await client.ask('GET', 'key', { query: 'partNumber=2' });
    expect([second.status, second.text]).toEqual([206, 'bcdef']);
    expect(second.headers).toMatchObject({
      'x-amz-mp-parts-count': '2',
      'content-range': `bytes ${first.length}-${first.length + 4}/${first.length + 5}`,
      'content-length': '5',
    });
    const head = await client.ask('HEAD', 'key', { query: 'partNumber=1' });
    expect([head.status, head.headers['content-length']]).toEqual([206, String(first.length)]);
  });

  scene.when('partNumberReads')('has one part of an object that came in one request', async () => {
    const client = await scene.bucket();
    await client.put('key', 'text');
    const { status, text } = await client.ask('GET', 'key', { query: 'partNumber=1' });
    expect([status, text]).toEqual([206, 'text']);
    expectError(await client.ask('GET', 'key', { query: 'partNumber=2' }), 416, 'InvalidPartNumber');
  });

  scene.when('partNumberReads')(
    'refuses a part number that is none, or that comes with a range',
    async () => {
      const client = await scene.bucket();
      await client.put('key', 'text');
      expectError(await client.ask('GET', 'key', { query: 'partNumber=0' }), 400, 'InvalidArgument');
      const both = await client.ask('GET', 'key', { query: 'partNumber=1', headers: { range: 'bytes=0-0' } });
      expectError(both, 400, 'InvalidArgument');
    },
  );
}
