import { describe, expect, it } from 'vitest';
import { isReached, type Row, resultOf, tableOf } from '../../../bench/stage/row.js';

const row = (rest: Partial<Row>): Row => ({ measure: 'a GET', unit: 'ms', ours: [2, 4, 30], ...rest });
const beside = (...values: number[]) => ({ name: 'a proxy', values });

describe('a row of the table', () => {
  it('is the median of what each round came to beside its baseline', () => {
    expect(resultOf(row({ baseline: beside(1, 4, 10) }))).toBe(2);
  });

  it('is the median of the rounds where there is no baseline', () => {
    expect(resultOf(row({}))).toBe(4);
  });

  it('is a difference where it may be so much more than its baseline', () => {
    const more = row({ baseline: beside(1, 1, 1), limit: { atMostMore: 1 } });
    expect(resultOf(more)).toBe(3);
    expect(isReached(more)).toBe(false);
    expect(tableOf([more])[2]).toContain('| +3 ');
    expect(tableOf([more])[2]).toContain('| <= +1 ');
  });

  it('is reached at its limit', () => {
    expect(isReached(row({ limit: { atMost: 4 } }))).toBe(true);
    expect(isReached(row({ limit: { atMost: 3.9 } }))).toBe(false);
    expect(isReached(row({ limit: { atLeast: 4 } }))).toBe(true);
    expect(isReached(row({ limit: { atLeast: 4.1 } }))).toBe(false);
    expect(isReached(row({}))).toBeUndefined();
  });

  it('is reached by a part of its limit where one is lenient', () => {
    expect(isReached(row({ limit: { atMost: 2 } }), 3)).toBe(true);
    expect(isReached(row({ limit: { atLeast: 10 } }), 3)).toBe(true);
    expect(isReached(row({ limit: { atMost: 1 } }), 3)).toBe(false);
    expect(isReached(row({ limit: { atLeast: 13 } }), 3)).toBe(false);
  });

  it('is not reached where nothing was measured', () => {
    expect(isReached(row({ ours: [], limit: { atMost: 4 } }), 3)).toBe(false);
    expect(isReached(row({ ours: [], limit: { atLeast: 4 } }), 3)).toBe(false);
  });

  it('tells the least and the most of the rounds, and what is to be reached', () => {
    expect(tableOf([row({ baseline: beside(1, 1, 1), limit: { atMost: 5 } })])[2]).toMatch(
      /^\| a GET +\| 4 \(2-30\) ms +\| a proxy: 1 \(1-1\) +\| 4x +\| <= 5x +\| yes \|$/,
    );
  });
});
