import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyShapes } from '../../bench/procedural/key-shapes.js';
import { type Endpoint, serveEndpoint } from '../../bench/procedural/procedural-endpoint.js';
import { proceduralStore } from '../../bench/procedural/procedural-store.js';
import { BucketClient } from '../support/bucket-client.js';

describe('a computed store over HTTP', () => {
  const shape = keyShapes(2_500).find(({ name }) => name === 'names in many scripts');
  let endpoint: Endpoint;

  beforeAll(async () => {
    if (!shape) throw new Error('no shape');
    endpoint = await serveEndpoint(proceduralStore(shape, (index) => index === 7).service);
  });
  afterAll(() => endpoint.close());

  it('lists, reads and takes objects for the AWS SDK', async () => {
    const account = { region: 'auto', accessKeyId: 'a', secretAccessKey: 'b' };
    const client = new BucketClient({ endpoint: endpoint.url, ...account }, 'computed');
    const key = shape?.keyAt(7) ?? '';
    expect(await client.keys()).toHaveLength(2_499);
    await client.put(key, key);
    expect((await client.get(key)).bytes.toString()).toBe(key);
    expect(await client.keys()).toHaveLength(2_500);
  });
});
