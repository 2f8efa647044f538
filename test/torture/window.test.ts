import { describe, expect, it } from 'vitest';
import type { Operation } from '../simulation/linearizability.js';
import { Random } from '../simulation/random.js';
import { historyOfAtomicObject } from './atomic-object.js';
import { firstUnexplained } from './checker.js';
import { shortestWindow } from './window.js';

const BEGINNING = { initial: [null] };

const put = (value: string, at: number): Operation => ({
  client: 'a',
  kind: 'put',
  value,
  invoked: at,
  returned: at + 1,
  outcome: 'done',
});

const get = (value: string | null, at: number): Operation => ({ ...put('', at), kind: 'get', value });

function windowOf(history: readonly Operation[]): readonly Operation[] {
  const unexplained = firstUnexplained(history, BEGINNING);
  if (!unexplained) throw new Error('nothing is wrong with it');
  return shortestWindow(history, unexplained, BEGINNING);
}

describe('the window of a violation', () => {
  it('begins where what is wrong begins', () => {
    const [second, stale] = [put('second', 5), get('first', 8)];
    const history = [put('first', 1), get('first', 3), second, stale, get('second', 10)];
    expect(windowOf(history)).toEqual([second, stale]);
  });

  it('is a few operations of thousands', () => {
    const history = historyOfAtomicObject(new Random(1), { operations: 2_000, clients: 4, lost: 0 });
    const end = Math.max(...history.map(({ returned }) => returned));
    const wrong = [put('last', end + 1), get('never written', end + 3)];
    expect(windowOf([...history, ...wrong])).toEqual([wrong[1]]);
  });
});
