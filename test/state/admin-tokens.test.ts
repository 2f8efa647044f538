import { describe, expect, it } from 'vitest';
import { AdminTokenStore } from '../../src/state/admin-tokens.js';
import { ManualClock } from '../support/manual-clock.js';
import { temporaryKv } from './temporary-kv.js';

const DAY = 86_400_000;
const CI = { name: 'ci', role: 'read' as const, expiresIn: undefined };

async function tokensOn(clock = new ManualClock()) {
  const kv = await temporaryKv();
  return { kv, tokens: new AdminTokenStore(kv, clock), clock };
}

describe('a token', () => {
  it('is told once, and only a hash of it is kept', async () => {
    const { kv, tokens } = await tokensOn();
    const { record, token } = await tokens.create(CI);
    expect(token).toMatch(/^pnbrt_[0-9a-f]{16}_[A-Za-z0-9_-]{43}$/);
    expect(await tokens.verify(token)).toEqual(record);
    const stored = (await kv.list({ prefix: '', limit: 10 })).map(({ value }) => value).join();
    expect(stored).toContain('"name":"ci"');
    expect(stored).not.toContain(token.slice(-43));
  });

  it.each([
    ['with another secret', (token: string) => token.slice(0, -1) + (token.endsWith('A') ? 'B' : 'A')],
    ['of another id', (token: string) => token.replace(/_[0-9a-f]{16}_/, '_0123456789abcdef_')],
    ['that is longer', (token: string) => `${token}A`],
    ['that is no token', () => 'password'],
    ['that is empty', () => ''],
  ])('%s is none', async (_, change) => {
    const { tokens } = await tokensOn();
    const { token } = await tokens.create(CI);
    expect(await tokens.verify(change(token))).toBeUndefined();
  });

  it('holds until it expires, and is gone then', async () => {
    const { tokens, clock } = await tokensOn();
    const { token, record } = await tokens.create({ ...CI, expiresIn: 90 * DAY });
    expect(Date.parse(record.expiresAt ?? '') - clock.now()).toBe(90 * DAY);
    clock.advance(90 * DAY - 1);
    expect(await tokens.verify(token)).toEqual(record);
    clock.advance(1);
    expect(await tokens.verify(token)).toBeUndefined();
  });

  it('holds until it is revoked', async () => {
    const { tokens } = await tokensOn();
    const [one, other] = [await tokens.create(CI), await tokens.create(CI)];
    expect(await tokens.delete(one.record.id)).toBe(true);
    expect(await tokens.delete(one.record.id)).toBe(false);
    expect(await tokens.verify(one.token)).toBeUndefined();
    expect(await tokens.verify(other.token)).toEqual(other.record);
    expect((await tokens.list({ limit: 10 })).items).toEqual([other.record]);
  });
});
