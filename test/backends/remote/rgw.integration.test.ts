import { randomBytes, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Backend } from '../../../src/backends/backend.js';
import { describeWith } from '../../support/describe-with.js';
import { sharedRgw } from '../../support/shared-rgw.js';
import { forever, getObject, putObject, remoteAt, textOf } from './requests.js';

describeWith(['radosgw'], 'the remote backend at a Ceph object gateway', () => {
  const bucket = `remote-${randomUUID()}`;
  let backend: Backend;

  beforeAll(async () => {
    backend = remoteAt((await sharedRgw()).endpoint, await sharedRgw());
    const created = await backend.service(
      getObject({ operation: 'CreateBucket', method: 'PUT', bucket, key: '' }),
    );
    expect(created.status).toBe(200);
  });

  afterAll(() => backend.close());

  it.each(['plain.txt', 'a//b/../c/.', 'with space+plus%2F', 'schön/😀', "quotes'(and)*!"])(
    'stores and returns bytes under the key %j',
    async (key) => {
      const put = await backend.service(putObject(Readable.from([Buffer.from('meow')]), 4, { bucket, key }));
      expect(put.status).toBe(200);
      const got = await backend.service(getObject({ bucket, key }));
      expect(await textOf(got)).toBe('meow');
    },
  );

  it('streams an object of several megabytes both ways', async () => {
    const content = randomBytes(9_000_000);
    const key = 'large';
    await backend.service(putObject(Readable.from(slices(content, 70_001)), content.length, { bucket, key }));
    const { body } = await backend.service(getObject({ bucket, key }));
    expect(content.equals(await buffer(body as Readable))).toBe(true);
  });

  it('signs the parameters of a listing', async () => {
    const query = [
      ['list-type', '2'],
      ['prefix', 'with space+'],
      ['delimiter', '/'],
      ['start-after', ''],
    ] as const;
    const listed = await backend.service(getObject({ operation: 'ListObjectsV2', bucket, key: '', query }));
    expect(listed.status).toBe(200);
    expect(await textOf(listed)).toContain('<Key>with space+plus%2F</Key>');
  });

  it('passes on the refusal of an upload that is still on its way', async () => {
    const body = Readable.from(forever(Buffer.alloc(65_536)), { objectMode: false });
    const refused = await backend.service(putObject(body, 2 ** 30, { bucket: 'no-such-bucket', key: 'k' }));
    expect(refused.status).toBe(404);
    expect(await textOf(refused)).toContain('<Code>NoSuchBucket</Code>');
    expect(body.destroyed).toBe(true);
  });

  it('passes on what the gateway says of a missing key', async () => {
    const missing = await backend.service(getObject({ bucket, key: 'missing' }));
    expect(missing.status).toBe(404);
    expect(await textOf(missing)).toContain('<Code>NoSuchKey</Code>');
  });
});

function* slices(content: Buffer, size: number): Generator<Buffer> {
  for (let start = 0; start < content.length; start += size) yield content.subarray(start, start + size);
}
