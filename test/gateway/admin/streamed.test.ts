import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { streamed } from '../../../src/gateway/admin/streamed.js';
import { systemClock } from '../../../src/system/clock.js';

const impatient = { ...systemClock, sleep: async () => undefined };

it('lines are sent together', async () => {
  async function* lines() {
    for (let line = 0; line < 5_000; line += 1) yield `line ${line}`;
  }
  const body = streamed(lines, systemClock);
  const sent = await text(body);
  expect(sent.split('\n')).toHaveLength(5_001);
  expect(sent.startsWith('line 0\nline 1\n')).toBe(true);
  expect(sent.endsWith('\nline 4999\n')).toBe(true);
});

it('while no line comes, empty ones are sent', async () => {
  let goOn: () => void = () => undefined;
  const waiting = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  async function* lines() {
    await waiting;
    yield 'late';
  }
  const reader = streamed(lines, impatient).getReader();
  expect(Buffer.from((await reader.read()).value ?? '').toString()).toBe('\n');
  goOn();
  let rest = '';
  for (let end = false; !end; ) {
    const { value, done } = await reader.read();
    end = done;
    rest += Buffer.from(value ?? '').toString();
  }
  expect(rest.replace(/^\n+/, '')).toBe('late\n');
});

it('what makes the lines is told when their reader leaves', async () => {
  let left: AbortSignal | undefined;
  async function* lines(signal: AbortSignal) {
    left = signal;
    for (;;) yield 'x'.repeat(20_000);
  }
  const reader = streamed(lines, systemClock).getReader();
  await reader.read();
  expect(left?.aborted).toBe(false);
  await reader.cancel();
  expect(left?.aborted).toBe(true);
});
