import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { abortListeners } from '../../src/system/abort-listeners.js';

it('all who listen are called once when the signal aborts, and none who left', () => {
  const controller = new AbortController();
  const called: string[] = [];
  const leaver = () => void called.push('left');
  abortListeners(controller.signal).add(() => void called.push('first'));
  abortListeners(controller.signal).add(leaver);
  abortListeners(controller.signal).add(() => void called.push('second'));
  abortListeners(controller.signal).delete(leaver);
  controller.abort();
  expect(called).toEqual(['first', 'second']);
});

it('who leaves while others are called is called no more', () => {
  const controller = new AbortController();
  const called: string[] = [];
  const listeners = abortListeners(controller.signal);
  const second = () => void called.push('second');
  listeners.add(() => void listeners.delete(second));
  listeners.add(second);
  controller.abort();
  expect(called).toEqual([]);
});

it('however many listen, the signal has one listener', () => {
  const { signal } = new AbortController();
  for (let count = 0; count < 1_000; count += 1) abortListeners(signal).add(() => undefined);
  expect(getEventListeners(signal, 'abort')).toHaveLength(1);
});
