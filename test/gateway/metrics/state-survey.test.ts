import { expect, test } from 'vitest';
import type { StateFigures } from '../../../src/gateway/metrics/state-figures.js';
import { StateSurvey } from '../../../src/gateway/metrics/state-survey.js';
import { KvUnavailable } from '../../../src/state/kv.js';
import { ManualClock } from '../../support/manual-clock.js';

const FIGURES = { gateways: 1 } as StateFigures;

function surveying(read: () => Promise<StateFigures> = async () => FIGURES) {
  const clock = new ManualClock();
  const seen = { read: 0, shown: 0, logged: 0 };
  const survey = new StateSurvey({
    async read() {
      seen.read += 1;
      return read();
    },
    show: () => {
      seen.shown += 1;
    },
    clock,
    log: {
      error: () => {
        seen.logged += 1;
      },
    },
  });
  /** Somebody asks, and the reading ends if one began. */
  const ask = async () => {
    survey.want();
    for (let turns = 0; turns < 10; turns += 1) await Promise.resolve();
  };
  return { clock, seen, survey, ask };
}

test('however often somebody asks, the state is read every 30 s at most, and never when nobody asks', async () => {
  const { clock, seen, ask } = surveying();
  clock.advance(600_000);
  expect(seen.read).toBe(0);
  for (let second = 0; second < 60; second += 1) {
    await ask();
    clock.advance(1_000);
  }
  expect(seen).toEqual({ read: 2, shown: 2, logged: 0 });
});

test('one reading that takes long is the only one', async () => {
  let end: (figures: StateFigures) => void = () => undefined;
  const { clock, seen, ask } = surveying(() => new Promise((resolve) => (end = resolve)));
  await ask();
  clock.advance(120_000);
  await ask();
  expect(seen).toMatchObject({ read: 1, shown: 0 });
  end(FIGURES);
  await ask();
  await ask();
  expect(seen).toMatchObject({ shown: 1, read: 2 });
});

test('a state that is out of reach is read again later, without a word; what is a defect is logged', async () => {
  const failures: Error[] = [new KvUnavailable('down'), new TypeError('a defect')];
  const { clock, seen, ask } = surveying(async () => {
    const failure = failures.shift();
    if (failure) throw failure;
    return FIGURES;
  });
  for (let times = 0; times < 3; times += 1) {
    await ask();
    clock.advance(30_000);
  }
  expect(seen).toEqual({ read: 3, shown: 1, logged: 1 });
});

test('a closed survey reads no more', async () => {
  const { seen, survey, ask } = surveying();
  await survey.close();
  await ask();
  expect(seen.read).toBe(0);
});
