import { expect, test } from 'vitest';
import { BoundedNames, OTHER } from '../../../src/gateway/metrics/bounded-names.js';
import { RequestMeters } from '../../../src/gateway/metrics/requests.js';

test('names beyond the bound are one label, those before it keep theirs', () => {
  const names = new BoundedNames(2);
  expect(['a', 'b', 'c', 'd', 'a'].map((name) => names.labelOf(name))).toEqual(['a', 'b', OTHER, OTHER, 'a']);
});

test('a thousand buckets make no more series than the bound lets them', () => {
  const meters = new RequestMeters(new BoundedNames(10));
  for (let i = 0; i < 1_000; i += 1) {
    meters.ofBucket({ name: `bucket-${i}`, shadow: null }).note({
      operation: 'GetObject',
      key: `key-${i}`,
      status: 200,
      headers: {},
      isRefused: false,
      firstByteMs: 1,
      endMs: 2,
      bytesIn: 0,
      bytesOut: 1,
      isBrokenOff: false,
    });
  }
  const [requests, firstByte] = meters.read();
  expect(requests?.values).toHaveLength(11);
  expect(requests?.values.at(-1)).toMatchObject({ labels: { bucket: OTHER }, value: 990 });
  expect(firstByte?.values.length).toBeLessThan(20);
  expect(JSON.stringify(meters.read())).not.toContain('key-');
});
