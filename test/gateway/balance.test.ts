import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { Balance, type BalancedProcess, surplusesOf } from '../../src/gateway/balance.js';
import { NotTold } from '../../src/gateway/inquiries.js';
import type { Load } from '../../src/gateway/shedding.js';
import { ManualClock } from '../support/manual-clock.js';

const busy = (...connections: number[]): Load[] =>
  connections.map((count) => ({ connections: count, busy: 1 }));

test.each([
  ['the only worker', [64], [0]],
  ['what is even', [32, 32], [0, 0]],
  ['four connections of one', [4, 0], [0, 0]],
  ['an eighth more than the share', [36, 28], [0, 0]],
  ['more than that', [37, 27], [5, 0]],
  ['nearly all of one', [57, 7], [25, 0]],
  ['one that has just begun beside two others', [30, 30, 0], [10, 10, 0]],
  ['very many', [0, 1_000], [0, 32]],
])('of %s so many are closed', (_, connections, closed) => {
  expect(surplusesOf(busy(...connections))).toEqual(closed);
});

test('a worker that is idle for most of the time closes none', () => {
  const loads = [
    { connections: 50, busy: 0.4 },
    { connections: 10, busy: 0.1 },
  ];
  expect(surplusesOf(loads)).toEqual([0, 0]);
});

/** Numbers below `end` that look like chance, always the same ones for a seed (Numerical Recipes, "Quick and Dirty Generators"). */
function* chances(seed: number, end: number): Generator<number, never> {
  for (let state = seed; ; yield Math.floor((state / 2 ** 32) * end))
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
}

test('where the kernel gives to any what is closed and opened anew, that ends, and none has many more than the others', () => {
  const workers = fc.array(fc.nat(500), { minLength: 2, maxLength: 8 });
  fc.assert(
    fc.property(workers, fc.nat(), (begun, seed) => {
      const connections = [...begun];
      const share = connections.reduce((sum, one) => sum + one, 0) / connections.length;
      const kernel = chances(seed, connections.length);
      const give = (to: number, count: number) => {
        connections[to] = (connections[to] ?? 0) + count;
      };
      let looks = 0;
      for (let isEven = false; !isEven; looks += 1) {
        const surpluses = surplusesOf(busy(...connections));
        isEven = surpluses.every((surplus) => surplus === 0);
        for (const [index, surplus] of surpluses.entries()) {
          give(index, -surplus);
          if (surplus > 0) expect(connections[index]).toBeGreaterThanOrEqual(share);
          for (let opened = 0; opened < surplus; opened += 1) give(kernel.next().value, 1);
        }
        expect(looks).toBeLessThan(200);
      }
      expect(Math.max(...connections)).toBeLessThanOrEqual(share + Math.max(2, share / 8));
    }),
  );
});

class FakeWorker implements BalancedProcess {
  readonly told: number[] = [];
  readonly measured = { load: () => this.answer() };

  constructor(public answer: () => Promise<Load | undefined>) {}

  shed(connections: number): void {
    this.told.push(connections);
  }
}

/** Looks at the workers `answers` stand for so often. */
async function balanced(looks: number, ...answers: (() => Promise<Load | undefined>)[]) {
  const clock = new ManualClock();
  const balance = new Balance(clock);
  onTestFinished(() => balance.stop());
  const workers = answers.map((answer) => new FakeWorker(answer));
  for (const worker of workers) balance.add(worker);
  balance.start();
  const look = async () => {
    clock.advance(500);
    await new Promise((done) => setImmediate(done));
  };
  for (let index = 0; index < looks; index += 1) await look();
  return { balance, workers, look, told: () => workers.map(({ told }) => told) };
}

const has = (connections: number) => async () => ({ connections, busy: 1 });

test('a worker with more than its share is told so at each look, until it has no more', async () => {
  const { workers, look, told } = await balanced(2, has(40), has(20));
  expect(told()).toEqual([[10, 10], []]);
  for (const worker of workers) worker.answer = has(30);
  await look();
  expect(told()).toEqual([[10, 10], []]);
});

test('one that does not answer, drains or has ended takes no share', async () => {
  const silent = () => Promise.reject(new NotTold('no answer within 3000 ms'));
  const draining = async () => undefined;
  const { balance, workers, look, told } = await balanced(1, has(40), silent, draining, has(20));
  expect(told()).toEqual([[10], [], [], []]);
  const [, , , last] = workers;
  if (last) balance.end(last);
  await look();
  expect(told()).toEqual([[10], [], [], []]);
});

test('no worker is told any more once the gateway closes', async () => {
  const { balance, look, told } = await balanced(1, has(40), has(20));
  balance.stop();
  await look();
  expect(told()).toEqual([[10], []]);
});
