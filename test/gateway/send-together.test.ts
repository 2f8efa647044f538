import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, expect, test } from 'vitest';
import { sendTogether } from '../../src/gateway/send-together.js';

let sent: number[] = [];
const answer = (...numbers: number[]) => {
  for (const number of numbers) sendTogether(() => sent.push(number));
};

beforeEach(async () => {
  await turn();
  await turn();
  sent = [];
});

test('an answer that comes alone does not wait', async () => {
  for (const number of [1, 2, 3]) {
    answer(number);
    expect(sent.at(-1)).toBe(number);
    await turn();
  }
});

test('the answers of one turn are sent at its end, in their order', async () => {
  answer(1, 2, 3);
  expect(sent).toEqual([1]);
  await turn();
  expect(sent).toEqual([1, 2, 3]);
  answer(4, 5);
  expect(sent).toEqual([1, 2, 3]);
  await turn();
  expect(sent).toEqual([1, 2, 3, 4, 5]);
});

test('after a turn of one answer the next does not wait again', async () => {
  answer(1, 2);
  await turn();
  answer(3);
  await turn();
  answer(4);
  expect(sent).toEqual([1, 2, 3, 4]);
});

test('no answer waits for more than 31 others', async () => {
  answer(...Array.from({ length: 40 }, (_, number) => number));
  expect(sent).toHaveLength(33);
  await turn();
  expect(sent).toHaveLength(40);
});
