import { expect, test } from 'vitest';
import { BackendUnavailable } from '../../src/backends/backend.js';
import { createHealthApp } from '../../src/gateway/health.js';
import type { S3Request, S3Service } from '../../src/s3/message.js';
import { type Kv, KvUnavailable } from '../../src/state/kv.js';
import { ManualClock } from '../support/manual-clock.js';

const here = async () => ({ status: 403, headers: {} });
const gone = () => Promise.reject(new BackendUnavailable('b', 'connect', false));
/** Answers nothing until it is told to give up. */
const silent = ({ signal }: S3Request) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

const STATE: Kv = {
  get: () => Promise.resolve(null),
  getMany: () => Promise.resolve([]),
  list: () => Promise.resolve([]),
  commit: () => Promise.resolve('1'),
  watch: () => () => undefined,
  close: () => Promise.resolve(),
};

interface Health {
  readonly services?: readonly S3Service[];
  readonly kv?: Kv;
  readonly isDraining?: boolean;
  readonly isInTouch?: boolean;
  readonly clock?: ManualClock;
}

function healthApp(health: Health) {
  const {
    services = [here],
    kv = STATE,
    isDraining = false,
    isInTouch = true,
    clock = new ManualClock(),
  } = health;
  const backends = services.map((service, index) => ({
    name: `b${index}`,
    type: 's3' as const,
    service,
    close: () => Promise.resolve(),
  }));
  return createHealthApp({
    kv,
    backends: () => backends,
    isDraining: () => isDraining,
    isInTouch: () => isInTouch,
    clock,
  });
}

async function ready(app: ReturnType<typeof healthApp>) {
  const answer = await app.request('/ready');
  const { status } = (await answer.json()) as { status: string };
  return [answer.status, status];
}

test('a gateway is ready while it reaches its state and some backend, be it one that refuses', async () => {
  expect(await ready(healthApp({}))).toEqual([200, 'ready']);
  expect(await ready(healthApp({ services: [gone, here] }))).toEqual([200, 'ready']);
});

test('a gateway that drains is not ready, and lives', async () => {
  const app = healthApp({ isDraining: true });
  expect(await ready(app)).toEqual([503, 'draining']);
  expect((await app.request('/live')).status).toBe(200);
});

test('a gateway without its state, or without any backend, is not ready', async () => {
  const kv = { ...STATE, get: () => Promise.reject(new KvUnavailable('down')) };
  expect(await ready(healthApp({ kv }))).toEqual([503, 'not ready']);
  expect(await ready(healthApp({ services: [gone, gone] }))).toEqual([503, 'not ready']);
});

test('a gateway for which the others do not wait is not ready, although it reaches its state again', async () => {
  expect(await ready(healthApp({ isInTouch: false }))).toEqual([503, 'not ready']);
});

test('a backend that says nothing for two seconds counts as gone', async () => {
  const clock = new ManualClock();
  const answer = ready(healthApp({ services: [silent], clock }));
  await Promise.resolve();
  clock.advance(2_000);
  expect(await answer).toEqual([503, 'not ready']);
});

test('backends are asked once a second at most, however often one looks', async () => {
  let asked = 0;
  const counting = () => {
    asked += 1;
    return here();
  };
  const clock = new ManualClock();
  const app = healthApp({ services: [counting], clock });
  await Promise.all([ready(app), ready(app)]);
  await ready(app);
  expect(asked).toBe(1);
  clock.advance(1_000);
  await ready(app);
  expect(asked).toBe(2);
});
