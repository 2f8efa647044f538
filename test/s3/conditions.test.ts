import { describe, expect, it } from 'vitest';
import { evaluateConditions, evaluateCopyConditions, rangeStillApplies } from '../../src/s3/conditions.js';
import { formatHttpDate } from '../../src/s3/http-date.js';

const LAST_MODIFIED = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const CURRENT = { etag: '"a1"', lastModified: LAST_MODIFIED };
const AT = formatHttpDate(LAST_MODIFIED);
const BEFORE = formatHttpDate(LAST_MODIFIED - 1000);
const AFTER = formatHttpDate(LAST_MODIFIED + 1000);

const get = (headers: Record<string, string>) => evaluateConditions({ method: 'GET', headers }, CURRENT);
const put = (headers: Record<string, string>, current: typeof CURRENT | undefined) =>
  evaluateConditions({ method: 'PUT', headers }, current);

describe('the conditions of a read', () => {
  it('hold when there are none', () => {
    expect(get({})).toBe('proceed');
  });

  it('compare ETags with and without quotes, in lists, and `*`', () => {
    for (const list of ['"a1"', 'a1', '"x", "a1"', '*', 'W/"a1"']) {
      expect(get({ 'if-match': list })).toBe('proceed');
      expect(get({ 'if-none-match': list })).toBe('not-modified');
    }
    expect(get({ 'if-match': '"x", "y"' })).toBe('precondition-failed');
    expect(get({ 'if-none-match': '"x", "y"' })).toBe('proceed');
  });

  it('compare dates in whole seconds, because a date has no more', () => {
    expect(get({ 'if-modified-since': AT })).toBe('not-modified');
    expect(get({ 'if-modified-since': BEFORE })).toBe('proceed');
    expect(get({ 'if-unmodified-since': AT })).toBe('proceed');
    expect(get({ 'if-unmodified-since': BEFORE })).toBe('precondition-failed');
  });

  it('prefer an ETag to a date', () => {
    expect(get({ 'if-match': '"a1"', 'if-unmodified-since': BEFORE })).toBe('proceed');
    expect(get({ 'if-none-match': '"x"', 'if-modified-since': AFTER })).toBe('proceed');
  });

  it('ignore a date that is none', () => {
    expect(get({ 'if-modified-since': 'yesterday', 'if-unmodified-since': '2020-01-01' })).toBe('proceed');
  });
});

describe('the conditions of a write', () => {
  it('create only where there is nothing', () => {
    expect(put({ 'if-none-match': '*' }, undefined)).toBe('proceed');
    expect(put({ 'if-none-match': '*' }, CURRENT)).toBe('precondition-failed');
  });

  it('replace only what was seen', () => {
    expect(put({ 'if-match': '"a1"' }, CURRENT)).toBe('proceed');
    expect(put({ 'if-match': '"b2"' }, CURRENT)).toBe('precondition-failed');
    expect(put({ 'if-match': '*' }, undefined)).toBe('precondition-failed');
  });

  it('take no notice of If-Modified-Since', () => {
    expect(put({ 'if-modified-since': AFTER }, CURRENT)).toBe('proceed');
  });
});

it('fails a copy whose source does not meet its conditions, whichever they are', () => {
  const judge = (name: string, value: string) =>
    evaluateCopyConditions({ [`x-amz-copy-source-${name}`]: value }, CURRENT);
  expect(judge('if-match', '"a1"')).toBe('proceed');
  expect(judge('if-match', '"b2"')).toBe('precondition-failed');
  expect(judge('if-none-match', '"a1"')).toBe('precondition-failed');
  expect(judge('if-modified-since', AFTER)).toBe('precondition-failed');
  expect(judge('if-unmodified-since', BEFORE)).toBe('precondition-failed');
});

it('lets a range hold only for the object that If-Range names', () => {
  expect(rangeStillApplies({}, CURRENT)).toBe(true);
  expect(rangeStillApplies({ 'if-range': '"a1"' }, CURRENT)).toBe(true);
  expect(rangeStillApplies({ 'if-range': '"b2"' }, CURRENT)).toBe(false);
  expect(rangeStillApplies({ 'if-range': AT }, CURRENT)).toBe(true);
  expect(rangeStillApplies({ 'if-range': AFTER }, CURRENT)).toBe(false);
});
