import { pino } from 'pino';
import { expect, it } from 'vitest';
import type { BucketRoute } from '../../../src/gateway/bucket-route.js';
import { Meters } from '../../../src/gateway/metrics/meters.js';
import type { Retirement } from '../../../src/gateway/retirement.js';
import { LeftRoutes } from '../../../src/gateway/switching/left-routes.js';
import { systemStopwatch } from '../../../src/system/clock.js';
import { bucketNamed } from '../../state/records.js';

const forever = () => new Promise<void>(() => undefined);

it.each([
  ['quiet', 'ended'],
  ['ended', 'quiet'],
] as const)('a route has ended when it is %s and then %s', async (...order) => {
  const tell = { quiet: () => undefined as unknown, ended: () => undefined as unknown };
  const told = (name: keyof typeof tell): Promise<void> =>
    new Promise((resolve) => {
      tell[name] = () => resolve();
    });
  const retirement: Retirement = {
    quiet: told('quiet'),
    ended: told('ended'),
    closed: forever(),
    mayApply: () => false,
  };
  const record = bucketNamed('photos', { epoch: 1 });
  const route: BucketRoute = {
    record,
    service: () => Promise.reject(new Error('no request comes any more')),
    target: () => Promise.reject(new Error('no request comes any more')),
    meter: new Meters(systemStopwatch).requests.ofNoBucket,
    retire: () => retirement,
  };
  const left = new LeftRoutes({ log: pino({ level: 'silent' }), onProgress: () => undefined });
  left.leave(route);
  expect(left.haveEndedBefore({ ...record, epoch: 2 })).toBe(false);
  for (const name of order) {
    tell[name]();
    await retirement[name];
  }
  expect(left.haveEndedBefore({ ...record, epoch: 2 })).toBe(true);
});
