import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { sideBySide } from '../../src/shadow/side-by-side.js';

async function* upTo(count: number) {
  for (let item = 0; item < count; item += 1) yield item;
}

describe('work done side by side', () => {
  const { signal } = new AbortController();

  it('is done once for each item, and never for more at once than allowed', async () => {
    const done: number[] = [];
    let [running, most] = [0, 0];
    await sideBySide(upTo(50), { limit: 4, signal }, async (item) => {
      running += 1;
      most = Math.max(most, running);
      await setImmediate();
      running -= 1;
      done.push(item);
    });
    expect(done.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, item) => item));
    expect(most).toBe(4);
  });

  it('ends after a failure, when all that was begun has ended', async () => {
    const ended: number[] = [];
    const work = async (item: number) => {
      if (item === 1) throw new Error('item 1');
      await setImmediate();
      await setImmediate();
      ended.push(item);
    };
    await expect(sideBySide(upTo(1_000), { limit: 4, signal }, work)).rejects.toThrow('item 1');
    expect(ended).toContain(0);
    expect(ended.length).toBeLessThan(20);
  });

  it('begins nothing more once it is told to end', async () => {
    const end = new AbortController();
    const done: number[] = [];
    await sideBySide(upTo(1_000), { limit: 4, signal: end.signal }, async (item) => {
      done.push(item);
      end.abort();
    });
    expect(done).toEqual([0]);
  });
});
