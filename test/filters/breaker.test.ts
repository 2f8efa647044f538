import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { UnavailableReason } from '../../src/backends/backend.js';
import { breaker } from '../../src/filters/breaker.js';
import type { S3Service } from '../../src/s3/message.js';
import { createLogger } from '../../src/system/logger.js';
import { ManualClock } from '../support/manual-clock.js';
import { GET, OK, type Outcome, PUT, scripted, unavailable } from './requests.js';

const FIVE = [1, 2, 3, 4, 5];
const log = createLogger({ level: 'silent' });
let clock: ManualClock;

beforeEach(() => {
  clock = new ManualClock();
  vi.useFakeTimers({ toFake: ['Date'] });
});

afterEach(() => {
  vi.useRealTimers();
});

const guarded = (service: S3Service): S3Service => breaker({ backend: 'far', clock, log })(service);

const outcomeOf = (answer: Promise<Outcome>): Promise<Outcome> => answer.catch((error: Error) => error);

/** A service whose circuit five requests without an answer have just opened. */
async function opened(...outcomes: Outcome[]) {
  const { service, asked } = scripted(...FIVE.map(() => unavailable('connect')), ...outcomes);
  const behind = guarded(service);
  for (const _ of FIVE) await outcomeOf(behind(GET));
  asked.length = 0;
  return { behind, asked };
}

/** Long enough for the trial of a scripted service to end. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

const REFUSED = { reason: 'circuit-open', backend: 'far', sent: false };

describe('a backend behind a breaker', () => {
  it.each<UnavailableReason>(['connect', 'timeout', 'reset'])(
    'is not asked any more after five failures in a row (%s): nothing is sent, of a write neither',
    async (reason) => {
      const { service, asked } = scripted(...FIVE.map(() => unavailable(reason)));
      const behind = guarded(service);
      for (const _ of FIVE) await expect(behind(GET)).rejects.toMatchObject({ reason });
      await expect(behind(GET)).rejects.toMatchObject(REFUSED);
      await expect(behind(PUT)).rejects.toMatchObject(REFUSED);
      expect(asked).toHaveLength(5);
    },
  );

  it('is asked again once an answer came between two failures', async () => {
    const four = FIVE.slice(1).map(() => unavailable('reset'));
    const { service, asked } = scripted(...four, OK, ...four);
    const behind = guarded(service);
    for (const _ of [...four, OK, ...four]) await outcomeOf(behind(GET));
    expect(await behind(GET)).toBe(OK);
    expect(asked).toHaveLength(10);
  });

  it.each<[string, Outcome]>([
    ['403', { status: 403, headers: {} }],
    ['404', { status: 404, headers: {} }],
    ['500', { status: 500, headers: {} }],
    ['503', { status: 503, headers: {} }],
    ['a client that has left', new DOMException('This operation was aborted', 'AbortError')],
    ['an upload that broke off', new Error('aborted')],
    ['a full queue', unavailable('overloaded')],
    ['a closed connection pool', unavailable('closed')],
  ])('is never given up for %s', async (_, outcome) => {
    const { service } = scripted(...Array.from({ length: 20 }, () => outcome));
    const behind = guarded(service);
    for (let i = 0; i < 20; i += 1) expect(await outcomeOf(behind(GET))).toBe(outcome);
    expect(await behind(GET)).toBe(OK);
  });

  it('is left alone for ten seconds, then tried with a request of the breaker; no client waits for that', async () => {
    const { behind, asked } = await opened();
    vi.advanceTimersByTime(9_999);
    await expect(behind(PUT)).rejects.toMatchObject(REFUSED);
    expect(asked).toEqual([]);
    vi.advanceTimersByTime(1);
    const refused = await Promise.allSettled(FIVE.map(() => behind(PUT)));
    expect(refused).toEqual(
      FIVE.map(() => ({ status: 'rejected', reason: expect.objectContaining(REFUSED) })),
    );
    await settled();
    expect(asked.map(({ operation }) => operation)).toEqual(['HeadBucket']);
    expect(await behind(PUT)).toBe(OK);
  });

  it('is back whatever it answers to the trial', async () => {
    const { behind } = await opened({ status: 403, headers: {} });
    vi.advanceTimersByTime(10_000);
    await outcomeOf(behind(GET));
    await settled();
    expect(await behind(GET)).toBe(OK);
  });

  it('is left alone for ten seconds more when the trial fails', async () => {
    const { behind, asked } = await opened(unavailable('connect'));
    vi.advanceTimersByTime(10_000);
    await outcomeOf(behind(GET));
    await settled();
    vi.advanceTimersByTime(9_999);
    await expect(behind(GET)).rejects.toMatchObject(REFUSED);
    expect(asked).toHaveLength(1);
    vi.advanceTimersByTime(1);
    await outcomeOf(behind(GET));
    await settled();
    expect(await behind(GET)).toBe(OK);
  });

  it('is tried by one request at a time, which fails when there is no answer within five seconds', async () => {
    let asked = 0;
    const behind = guarded(({ signal }) => {
      asked += 1;
      if (asked <= 5) return Promise.reject(unavailable('connect'));
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    });
    for (const _ of FIVE) await outcomeOf(behind(GET));
    vi.advanceTimersByTime(10_000);
    for (const _ of FIVE) await expect(behind(GET)).rejects.toMatchObject(REFUSED);
    expect(asked).toBe(6);
    clock.advance(5_000);
    await settled();
    vi.advanceTimersByTime(9_999);
    await expect(behind(GET)).rejects.toMatchObject(REFUSED);
    expect(asked).toBe(6);
    vi.advanceTimersByTime(1);
    await outcomeOf(behind(GET));
    expect(asked).toBe(7);
  });
});
