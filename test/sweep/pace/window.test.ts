import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatWindow, parseWindow, type Window, windowTimes } from '../../../src/sweep/pace/window.js';

const MINUTE = 60_000;

function windowOf(text: string): Window {
  const window = parseWindow(text);
  if (!window) throw new Error(`${text} is no window`);
  return window;
}

const opens = (text: string, at: string) =>
  new Date(windowTimes(windowOf(text)).opensAt(Date.parse(at))).toISOString();

const isOpen = (text: string, at: string) => windowTimes(windowOf(text)).isOpen(Date.parse(at));

describe('a window', () => {
  it.each([
    '22:00-06:00',
    '09:30-17:45',
    '00:00-12:00',
    '18:00-24:00',
    '22:00-06:00 Europe/Berlin',
    '01:00-02:00 UTC',
  ])('is read and written as %s', (text) => {
    expect(formatWindow(windowOf(text))).toBe(text);
  });

  it('may leave out the first digit of an hour, and end at midnight either way', () => {
    expect(windowOf('9:30-0:00')).toEqual({ from: 570, to: 1_440 });
  });

  it.each([
    '',
    '22:00',
    '22-06',
    '24:00-06:00',
    '22:00-25:00',
    '22:00-24:30',
    '22:60-06:00',
    '22:00-06:77',
    '22:00-22:00',
    '00:00-24:00',
    '22:00-06:00 Berlin',
    '22:00-06:00 ',
    ' 22:00-06:00',
    '22:00-06:00-08:00',
    '-1:00-06:00',
  ])('is not "%s"', (text) => {
    expect(parseWindow(text)).toBeUndefined();
  });

  it('is open from its first minute to the one before its end', () => {
    expect(isOpen('09:00-10:00 UTC', '2026-01-01T08:59:59.999Z')).toBe(false);
    expect(isOpen('09:00-10:00 UTC', '2026-01-01T09:00:00Z')).toBe(true);
    expect(isOpen('09:00-10:00 UTC', '2026-01-01T09:59:59.999Z')).toBe(true);
    expect(isOpen('09:00-10:00 UTC', '2026-01-01T10:00:00Z')).toBe(false);
  });

  it('may span midnight', () => {
    expect(isOpen('22:00-06:00 UTC', '2026-01-01T23:30:00Z')).toBe(true);
    expect(isOpen('22:00-06:00 UTC', '2026-01-02T00:00:00Z')).toBe(true);
    expect(isOpen('22:00-06:00 UTC', '2026-01-02T06:00:00Z')).toBe(false);
    expect(opens('22:00-06:00 UTC', '2026-01-02T06:00:00Z')).toBe('2026-01-02T22:00:00.000Z');
    expect(opens('22:00-06:00 UTC', '2026-01-02T21:59:59.999Z')).toBe('2026-01-02T22:00:00.000Z');
    expect(opens('22:00-06:00 UTC', '2026-01-02T23:12:13Z')).toBe('2026-01-02T23:12:13.000Z');
  });

  it('goes by the clock of its zone, in summer and winter', () => {
    expect(opens('22:00-06:00 Europe/Berlin', '2026-01-10T12:00:00Z')).toBe('2026-01-10T21:00:00.000Z');
    expect(opens('22:00-06:00 Europe/Berlin', '2026-07-10T12:00:00Z')).toBe('2026-07-10T20:00:00.000Z');
    expect(opens('01:00-02:00 Asia/Kathmandu', '2026-01-10T12:00:00Z')).toBe('2026-01-10T19:15:00.000Z');
  });

  it('goes by the clock of the process without a zone', () => {
    const at = Date.UTC(2026, 5, 1, 12, 34);
    const hour = new Date(at).getHours();
    const times = windowTimes({ from: hour * 60, to: hour * 60 + 60 });
    expect(times.isOpen(at)).toBe(true);
    expect(times.isOpen(at + 60 * MINUTE)).toBe(false);
  });

  // Europe/Berlin, 2026-03-29: 01:59 is followed by 03:00. 2026-10-25: 02:59 is followed by 02:00.
  it('opens with the first minute that the clock shows when its own is left out', () => {
    expect(opens('02:30-03:30 Europe/Berlin', '2026-03-29T00:00:00Z')).toBe('2026-03-29T01:00:00.000Z');
  });

  it('opens a day later when all of it is left out', () => {
    expect(opens('02:10-02:50 Europe/Berlin', '2026-03-29T00:00:00Z')).toBe('2026-03-30T00:10:00.000Z');
  });

  it('is open in both hours of which the clock shows one twice', () => {
    for (const at of ['2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z'])
      expect(isOpen('02:00-03:00 Europe/Berlin', at)).toBe(true);
    expect(isOpen('02:00-03:00 Europe/Berlin', '2026-10-25T02:00:00Z')).toBe(false);
    expect(opens('02:00-02:30 Europe/Berlin', '2026-10-25T00:40:00Z')).toBe('2026-10-25T01:00:00.000Z');
  });

  it('is open when it says that it opens, and not the minute before', () => {
    const minute = fc.integer({ min: 0, max: 1_439 });
    const zone = fc.constantFrom('Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe', 'UTC');
    const at = fc.date({ min: new Date('2024-01-01'), max: new Date('2030-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(minute, minute, zone, at, (from, to, zone, date) => {
        fc.pre(from !== to);
        const { isOpen, opensAt } = windowTimes({ from, to: to === 0 ? 1_440 : to, zone });
        const begin = date.getTime();
        const opening = opensAt(begin);
        expect(isOpen(opening)).toBe(true);
        expect(opening - begin).toBeLessThan(2 * 86_400_000);
        if (opening > begin) expect(isOpen(opening - 1)).toBe(false);
      }),
      { numRuns: 60 },
    );
  });
});
