import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  afterPrefix,
  compareKeys,
  encodeComponent,
  encodeKey,
  encodeQuery,
  nameBefore,
} from '../../src/s3/keys.js';

/** Any well-formed text; code points where UTF-16 and UTF-8 disagree on the order come often. */
const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      'a',
      '/',
      '\u0000',
      '\ud7ff',
      '\ue000',
      '\ufffd',
      '\uffff',
      '\u{10000}',
      '\u{1f600}',
      '\u{10ffff}',
    ),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
  maxLength: 12,
});

describe('compareKeys', () => {
  it('orders any two keys as their UTF-8 bytes', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareKeys(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
      { numRuns: 2000 },
    );
  });

  it('orders keys that begin alike as their UTF-8 bytes', () => {
    fc.assert(
      fc.property(text, text, text, (start, a, b) => {
        const order = Buffer.compare(Buffer.from(start + a), Buffer.from(start + b));
        expect(Math.sign(compareKeys(start + a, start + b))).toBe(order);
      }),
      { numRuns: 2000 },
    );
  });

  it('puts an emoji after U+FFFD, where JavaScript puts it before', () => {
    expect(compareKeys('\u{1f600}', '\ufffd')).toBeGreaterThan(0);
    expect('\u{1f600}' < '\ufffd').toBe(true);
  });
});

describe('afterPrefix', () => {
  it('is greater than every key with the prefix, and no key without it lies between', () => {
    fc.assert(
      fc.property(text, text, text, (prefix, rest, other) => {
        const end = afterPrefix(prefix);
        if (end === undefined) return;
        expect(compareKeys(prefix + rest, end)).toBeLessThan(0);
        const between = compareKeys(other, prefix) >= 0 && compareKeys(other, end) < 0;
        expect(between).toBe(other.startsWith(prefix));
      }),
      { numRuns: 2000 },
    );
  });

  it('is the next character in the place of the last', () => {
    expect(afterPrefix('a/')).toBe('a0');
    expect(afterPrefix('a\ud7ff')).toBe('a\ue000');
    expect(afterPrefix('a\u{10ffff}')).toBe('b');
  });

  it('does not exist for the empty prefix, which all keys have', () => {
    expect(afterPrefix('')).toBeUndefined();
    expect(afterPrefix('\u{10ffff}')).toBeUndefined();
  });
});

describe('encodeKey', () => {
  it('keeps unreserved characters and slashes and encodes all others in upper case', () => {
    expect(encodeKey('a/b-c_d.e~f')).toBe('a/b-c_d.e~f');
    expect(encodeKey(`a+b c!'()*`)).toBe('a%2Bb%20c%21%27%28%29%2A');
    expect(encodeKey('//%2F/\u{1f600}')).toBe('//%252F/%F0%9F%98%80');
  });

  it('is undone by percent-decoding, whatever the key', () => {
    fc.assert(
      fc.property(text, (key) => {
        expect(encodeKey(key)).toMatch(/^(?:[A-Za-z0-9\-._~/]|%[0-9A-F]{2})*$/);
        expect(decodeURIComponent(encodeKey(key))).toBe(key);
      }),
    );
  });
});

describe('encodeQuery', () => {
  it('keeps the order and gives a parameter without a value an equals sign', () => {
    const query = [
      ['uploads', ''],
      ['prefix', 'a b/c'],
      ['prefix', '*'],
    ] as const;
    expect(encodeQuery(query)).toBe('uploads=&prefix=a%20b%2Fc&prefix=%2A');
  });

  it('encodes what has a meaning in a query', () => {
    expect(encodeComponent('&=+?#%/')).toBe('%26%3D%2B%3F%23%25%2F');
  });
});

describe('nameBefore', () => {
  it('is less than the key, and no shorter key, nor one that differs before its last character, lies between', () => {
    fc.assert(
      fc.property(text, text, (key, other) => {
        fc.pre(key !== '');
        const name = nameBefore(key);
        expect(compareKeys(name, key)).toBeLessThan(0);
        const isBetween = compareKeys(other, name) > 0 && compareKeys(other, key) < 0;
        if (isBetween) expect(other.startsWith(name)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('is no longer than a key may be', () => {
    expect(nameBefore('b')).toBe('a\u{10ffff}');
    expect(nameBefore('\ue000')).toBe('\ud7ff\u{10ffff}');
    expect(nameBefore('a\0')).toBe('a');
    expect(nameBefore('b'.repeat(1_024))).toBe(`${'b'.repeat(1_023)}a`);
  });
});
