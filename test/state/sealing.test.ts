import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSealer } from '../../src/state/sealing.js';

describe('a sealer', () => {
  const sealer = createSealer(randomBytes(32));

  it('opens any text that it sealed in the same context', () => {
    const text = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(text, text, (plaintext, context) => {
        expect(sealer.open(sealer.seal(plaintext, context), context)).toBe(plaintext);
      }),
    );
  });

  it('shows nothing of the text, and seals the same text differently each time', () => {
    const [first, second] = [sealer.seal('secret-text', 'a'), sealer.seal('secret-text', 'a')];
    expect(first).toMatch(/^v1:[A-Za-z0-9+/]+=*$/);
    expect(first).not.toBe(second);
    expect(Buffer.from(first.slice(3), 'base64').toString('latin1')).not.toContain('secret-text');
  });

  it('does not open what belongs to another context or was sealed under another key', () => {
    const sealed = sealer.seal('text', 'bucket/1');
    expect(() => sealer.open(sealed, 'bucket/2')).toThrow(/secret of bucket\/2 does not open/);
    expect(() => createSealer(randomBytes(32)).open(sealed, 'bucket/1')).toThrow(/another master key/);
  });

  it('does not open what was altered in any bit, cut off, or is in no known format', () => {
    const bytes = Buffer.from(sealer.seal('text', 'a').slice(3), 'base64');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const altered = Buffer.from(bytes);
      altered.writeUInt8(altered.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(() => sealer.open(`v1:${altered.toString('base64')}`, 'a')).toThrow(/does not open/);
    }
    for (let length = 0; length < bytes.length; length += 1) {
      expect(() => sealer.open(`v1:${bytes.subarray(0, length).toString('base64')}`, 'a')).toThrow();
    }
    expect(() => sealer.open(`v2:${bytes.toString('base64')}`, 'a')).toThrow(/does not open/);
  });
});
