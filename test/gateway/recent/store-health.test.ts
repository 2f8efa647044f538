import { describe, expect, it } from 'vitest';
import { Spread } from '../../../src/gateway/metrics/cells.js';
import { healthOf, type SeenStore, StoreWatch } from '../../../src/gateway/recent/store-health.js';

interface Counted {
  readonly answered?: number;
  readonly connect?: number;
  /** Of reads, ms. */
  readonly took?: readonly number[];
}

/** Looks once a second, at what was counted by then. */
function seenBy(...looks: readonly Counted[]): SeenStore {
  const watch = new StoreWatch();
  const spread = new Spread();
  for (const [index, { answered = 0, connect = 0, took = [] }] of looks.entries()) {
    for (const ms of took) spread.observe(ms);
    const unanswered = new Map(connect > 0 ? [['connect', connect]] : []);
    watch.look({ answered, unanswered, firstByte: [...spread.counts] }, (index + 1) * 1_000);
  }
  return { name: 'cloud', ...watch.seen, breakers: [] };
}

const health = (...seen: readonly SeenStore[]) => healthOf(seen)[0];

describe('a store', () => {
  it('is neither reachable nor not before it was asked', () => {
    expect(health(seenBy({}, {}))).toMatchObject({ isReachable: undefined, since: undefined });
  });

  it('is reachable since its first answer, whatever was left without one beside others', () => {
    expect(health(seenBy({}, { answered: 1 }, { answered: 2, connect: 1 }, {}))).toMatchObject({
      isReachable: true,
      since: 2_000,
      answeredAt: 3_000,
      failure: { at: 3_000, reason: 'connect' },
    });
  });

  it('is not reachable since nothing of what it was asked had an answer, and stays so while nobody asks', () => {
    const seen = seenBy({ answered: 1 }, { answered: 1, connect: 1 }, { answered: 1, connect: 3 }, {});
    expect(health(seen)).toMatchObject({ isReachable: false, since: 2_000, answeredAt: 1_000 });
  });

  it('is reachable again since it answers again', () => {
    const seen = seenBy({ answered: 1 }, { answered: 1, connect: 1 }, { answered: 2, connect: 1 });
    expect(health(seen)).toMatchObject({ isReachable: true, since: 3_000 });
  });
});

describe('a store that several processes ask', () => {
  const idle = seenBy({ answered: 1 });
  const cutOff = seenBy({ answered: 1 }, { answered: 1, connect: 1 });
  const back = seenBy({ answered: 1 }, { answered: 1, connect: 1 }, { answered: 2, connect: 1 });
  const restarted = seenBy({}, {}, {}, { answered: 1 });

  it.each([
    ['one of them saw last that it was not there', [idle, cutOff], false, 2_000],
    ['it came back', [idle, back], true, 3_000],
    ['it came back, and one of them began since', [idle, back, restarted], true, 3_000],
    ['all is well, and one of them began since', [idle, restarted], true, 1_000],
  ])('is told as they saw it together: %s', (_, seen, isReachable, since) => {
    expect(health(...seen)).toMatchObject({ isReachable, since });
  });

  it('has a breaker open where any of them has', () => {
    const withBreakers = (...breakers: SeenStore['breakers'][number][]) => ({ ...idle, breakers });
    const [photos, videos] = [
      { bucket: 'photos', isOpen: false },
      { bucket: 'videos', isOpen: false },
    ];
    const told = health(withBreakers(photos, videos), withBreakers({ ...photos, isOpen: true }, videos));
    expect(told?.breakers).toEqual([{ ...photos, isOpen: true }, videos]);
  });
});

describe('how long a store takes', () => {
  it('is told of all processes, between the bounds of what is counted', () => {
    const fast = seenBy({ took: Array.from({ length: 98 }, () => 8) });
    const slow = seenBy({ took: [400, 400] });
    const { firstByte } = health(fast, slow) ?? {};
    expect(firstByte?.count).toBe(100);
    expect([firstByte?.p50Ms, firstByte?.p99Ms].map((ms) => Math.round(ms ?? 0))).toEqual([8, 375]);
  });

  it('is not told of one that was not read', () => {
    expect(health(seenBy({ answered: 3 }))?.firstByte).toBeUndefined();
  });

  it('is that of the last ten minutes', () => {
    const looks = Array.from({ length: 130 }, (_, index) => ({ took: index === 0 ? [3_000] : [] }));
    expect(health(seenBy(...looks))?.firstByte).toBeUndefined();
    expect(health(seenBy(...looks, { took: [8] }))?.firstByte?.count).toBe(1);
  });
});
