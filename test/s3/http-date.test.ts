import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatHttpDate, parseHttpDate } from '../../src/s3/http-date.js';

it.each(['Sun, 06 Nov 1994 08:49:37 GMT', 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994'])(
  'reads %s, a form that RFC 9110 gives',
  (text) => {
    expect(parseHttpDate(text)).toBe(Date.UTC(1994, 10, 6, 8, 49, 37));
  },
);

it.each(['', '1994-11-06T08:49:37Z', '784111777', 'Sun, 06 Nov 1994 08:49:37 +0100', 'tomorrow'])(
  'does not take %s for a date',
  (text) => {
    expect(parseHttpDate(text)).toBeUndefined();
  },
);

it('reads what it writes, to the second', () => {
  const ms = fc.date({ min: new Date('1970-01-01'), max: new Date('2999-12-31'), noInvalidDate: true });
  fc.assert(
    fc.property(ms, (date) => {
      expect(parseHttpDate(formatHttpDate(date.getTime()))).toBe(Math.floor(date.getTime() / 1000) * 1000);
    }),
  );
});
