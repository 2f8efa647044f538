import { describe, expect, it } from 'vitest';
import { bySweep } from '../../src/gateway/by-sweep.js';
import type { Pass } from '../../src/state/passes/pass-record.js';
import { EMPTY_TALLY } from '../../src/state/passes/tally.js';
import { nextPass } from '../../src/sweep/passes/next-pass.js';
import type { Progress } from '../../src/sweep/passes/progress.js';

const SINCE = '2026-01-01T00:00:00.000Z';
const NOW = Date.parse(SINCE) + 1;

const SETTINGS: Pass['settings'] = {
  ...{ limits: {}, onDrift: 'report', catchUp: false, level: 'checksum', sample: 1 },
};

function progress(objects: number, plan: Partial<Pass['plan']> = {}, startedAt = NOW): Progress {
  const bucket = { bucketId: 'id', bucket: 'photos', kind: 'sweep' as const };
  const pass = nextPass(bucket, { settings: SETTINGS, now: startedAt });
  return {
    pass: { ...pass, state: 'running', plan: { ...pass.plan, isComplete: true, ...plan } },
    tally: EMPTY_TALLY,
    total: { objects, bytes: 10 * objects },
    isExact: false,
    basis: 'sampled',
    done: { objects: 5, bytes: 50 },
    rate: { objects: 0, bytes: 0 },
    etaMs: undefined,
    kept: 0,
    spilled: 0,
    waits: [],
    workers: [],
  };
}

describe('the status of a bucket', () => {
  it('has the numbers of its sweep when it is large', () => {
    expect(bySweep(progress(30_000), SINCE)).toMatchObject({
      ...{ bySweep: true, objectsTotal: 30_000, objectsDone: 5, remaining: 29_995, exact: false },
      ...{ bytesTotal: 300_000, bytesDone: 50 },
    });
  });

  it.each([
    ['it is small', progress(20_000)],
    ['it was never swept', undefined],
    ['its sweep is not planned yet', progress(30_000, { isComplete: false })],
    ['its sweep goes by a manifest', progress(30_000, { manifest: { digest: '0', keys: 1 } })],
    ['its sweep was of another shadow', progress(30_000, {}, NOW - 2)],
  ])('is counted when %s', (_, sweep) => {
    expect(bySweep(sweep, SINCE)).toBeUndefined();
  });
});
