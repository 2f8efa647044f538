import { describe, expect, it } from 'vitest';
import type { BucketRoute } from '../../src/gateway/bucket-route.js';
import { admitCopySource } from '../../src/gateway/copying.js';
import { Meters } from '../../src/gateway/metrics/meters.js';
import type { CopyOutcome } from '../../src/shadow/copying/copy-outcome.js';
import { Ledger } from '../../src/state/ledger.js';
import { systemClock, systemStopwatch } from '../../src/system/clock.js';
import { bucketNamed } from '../state/records.js';
import { temporaryKv } from '../state/temporary-kv.js';

async function admittedAfter(outcome: CopyOutcome): Promise<string> {
  const service = () => Promise.reject(new Error('no store is asked'));
  const ledger = new Ledger(await temporaryKv(), 'id', systemClock);
  const route: BucketRoute = {
    record: bucketNamed('photos', { target: { backend: 'local-disk', bucket: 'new-photos' } }),
    service,
    target: service,
    meter: new Meters(systemStopwatch).requests.ofNoBucket,
    movingFrom: {
      target: service,
      shadow: service,
      ledger,
      prefix: '',
      from: '',
      migrate: async () => outcome,
      align: async () => undefined,
      replaceCopy: service,
    },
    retire: () => Promise.reject(new Error('the route stays')) as never,
  };
  const routes = { find: async () => route, close: () => Promise.resolve(false) };
  const identity = { kind: 'root', accessKeyId: 'root' } as const;
  return admitCopySource('photos/a%20b', { identity, target: route, routes });
}

describe('a copy source in a bucket that is moving', () => {
  it('is named as the target knows it once the target has it', async () => {
    for (const outcome of [{ state: 'copied', bytes: 1 }, { state: 'present' }] as const) {
      expect(await admittedAfter(outcome)).toBe('/new-photos/a%20b');
    }
  });

  it('that could not be brought over is unavailable, and one that is being written busy: neither is absent', async () => {
    await expect(admittedAfter({ state: 'failed', reason: 'x' })).rejects.toMatchObject({ status: 503 });
    await expect(admittedAfter({ state: 'superseded' })).rejects.toMatchObject({ code: 'SlowDown' });
  });
});
