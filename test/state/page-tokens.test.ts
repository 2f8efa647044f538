import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPageTokens } from '../../src/state/page-tokens.js';
import { createSealer, SealBroken } from '../../src/state/sealing.js';

const tokensOf = (bucketId: string, masterKey = 1) =>
  createPageTokens(createSealer(Buffer.alloc(32, masterKey)), bucketId);

describe('a continuation token', () => {
  it('says on every gateway where the page ended', () => {
    const anyEnd = fc.record(
      { after: fc.string({ unit: 'binary' }), own: fc.record({ target: fc.string(), token: fc.string() }) },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(anyEnd, (end) => {
        const token = tokensOf('b').seal(end);
        expect(token).toMatch(/^[A-Za-z0-9._-]+$/);
        expect(tokensOf('b').open(token)).toEqual(end);
      }),
    );
  });

  it('opens for no other bucket, under no other master key, and not when it was altered', () => {
    const token = tokensOf('b').seal({ after: 'k' });
    const altered = `${token.slice(0, 6)}${token[6] === 'A' ? 'B' : 'A'}${token.slice(7)}`;
    expect(() => tokensOf('other').open(token)).toThrow(SealBroken);
    expect(() => tokensOf('b', 2).open(token)).toThrow(SealBroken);
    for (const forged of [altered, 'v1.', '', 'k', '{"after":"k"}'])
      expect(() => tokensOf('b').open(forged)).toThrow(SealBroken);
  });

  it('shows no name', () => {
    const token = tokensOf('b').seal({ after: 'secret-name' });
    expect(Buffer.from(token.slice(3), 'base64url').toString()).not.toContain('secret-name');
  });
});
