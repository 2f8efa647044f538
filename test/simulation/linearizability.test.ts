import { describe, expect, it } from 'vitest';
import { isLinearizable, type Operation } from './linearizability.js';

const op = (
  kind: Operation['kind'],
  value: string | null,
  [invoked, returned]: [number, number],
  outcome: Operation['outcome'] = 'done',
): Operation => ({
  client: 'c',
  kind,
  value,
  invoked,
  returned,
  outcome,
});

const NEVER = Number.POSITIVE_INFINITY;

describe('the checker of histories', () => {
  it('accepts what one object does when nothing overlaps', () => {
    const history = [
      op('put', 'a', [1, 2]),
      op('get', 'a', [3, 4]),
      op('delete', null, [5, 6]),
      op('get', null, [7, 8]),
    ];
    expect(isLinearizable(history, null)).toBe(true);
  });

  it('rejects a read of what was replaced', () => {
    expect(isLinearizable([op('put', 'a', [1, 2]), op('get', null, [3, 4])], null)).toBe(false);
  });

  it('rejects a deleted object that comes back', () => {
    const history = [op('delete', null, [1, 2]), op('get', null, [3, 4]), op('get', 'old', [5, 6])];
    expect(isLinearizable(history, 'old')).toBe(false);
  });

  it('lets overlapping operations take effect in either order, but in one', () => {
    const writes = [op('put', 'a', [1, 10]), op('put', 'b', [1, 10])];
    expect(isLinearizable([...writes, op('get', 'a', [11, 12])], null)).toBe(true);
    expect(isLinearizable([...writes, op('get', 'b', [11, 12])], null)).toBe(true);
    expect(isLinearizable([...writes, op('get', 'a', [11, 12]), op('get', 'b', [13, 14])], null)).toBe(false);
  });

  it('judges a history in which nearly nothing has a known outcome', () => {
    const lost = Array.from({ length: 40 }, (_, index) =>
      op('put', `lost ${index}`, [index, NEVER], 'unknown'),
    );
    expect(isLinearizable([...lost, op('get', 'old', [50, 51])], 'old')).toBe(true);
  });

  it('lets a write of unknown outcome happen late, or never, but once', () => {
    const lost = op('put', 'a', [1, NEVER], 'unknown');
    expect(isLinearizable([lost, op('get', null, [2, 3]), op('get', 'a', [4, 5])], null)).toBe(true);
    expect(isLinearizable([lost, op('get', null, [2, 3])], null)).toBe(true);
    expect(isLinearizable([lost, op('get', 'a', [2, 3]), op('get', null, [4, 5])], null)).toBe(false);
  });

  it('knows conditional writes', () => {
    expect(isLinearizable([op('put-if-absent', 'a', [1, 2], 'refused')], null)).toBe(false);
    expect(isLinearizable([op('put-if-absent', 'a', [1, 2], 'refused')], 'old')).toBe(true);
    expect(isLinearizable([op('put-if-absent', 'a', [1, 2])], 'old')).toBe(false);
    expect(isLinearizable([op('put-if-absent', 'a', [1, 2]), op('get', 'a', [3, 4])], null)).toBe(true);
  });

  it('knows writes and deletes of what was seen before', () => {
    const ifOld = (kind: 'put-if-match' | 'delete-if-match', outcome: Operation['outcome']) => ({
      ...op(kind, kind === 'put-if-match' ? 'a' : null, [1, 4], outcome),
      expected: 'old',
    });
    expect(isLinearizable([ifOld('put-if-match', 'done'), op('get', 'a', [5, 6])], 'old')).toBe(true);
    expect(isLinearizable([ifOld('put-if-match', 'done')], 'new')).toBe(false);
    expect(isLinearizable([ifOld('put-if-match', 'refused')], 'old')).toBe(false);
    expect(isLinearizable([ifOld('delete-if-match', 'done'), ifOld('delete-if-match', 'done')], 'old')).toBe(
      false,
    );
  });

  it('lets a copy whose answer was lost have written any value, but one', () => {
    const lost = op('copy', null, [1, NEVER], 'unknown');
    expect(isLinearizable([lost, op('get', 'b', [2, 3])], 'old', ['a', 'b'])).toBe(true);
    expect(isLinearizable([lost, op('get', 'c', [2, 3])], 'old', ['a', 'b'])).toBe(false);
    expect(isLinearizable([lost, op('get', 'a', [2, 3]), op('get', 'b', [4, 5])], 'old', ['a', 'b'])).toBe(
      false,
    );
  });
});
