import { describe, expect, it } from 'vitest';
import { createAdminSessions } from '../../src/state/admin.js';
import { ManualClock } from '../support/manual-clock.js';
import { temporaryKv } from './temporary-kv.js';

const HOUR = 3_600_000;

describe('the admin password', () => {
  it('is made at the first start and returned that once; only a hash of it is kept', async () => {
    const kv = await temporaryKv();
    const admin = createAdminSessions(kv);
    const password = (await admin.ensurePassword({})) ?? '';
    expect(password.length).toBeGreaterThanOrEqual(20);
    expect(await admin.verifyPassword(password)).toBe(true);
    expect(await admin.ensurePassword({})).toBeUndefined();
    expect((await kv.get('admin/password'))?.value).not.toContain(password);
  });

  it('is made by one of the gateways that start together', async () => {
    const admin = createAdminSessions(await temporaryKv());
    const made = await Promise.all([admin.ensurePassword({}), admin.ensurePassword({})]);
    const [password, ...others] = made.filter((given) => given !== undefined);
    expect(others).toEqual([]);
    expect(await admin.verifyPassword(password ?? '')).toBe(true);
  });

  it('is the given one from then on, and no other', async () => {
    const admin = createAdminSessions(await temporaryKv());
    const first = (await admin.ensurePassword({})) ?? '';
    expect(await admin.ensurePassword({ given: 'pässword' })).toBeUndefined();
    expect(await admin.verifyPassword('pässword')).toBe(true);
    expect(await admin.verifyPassword('password')).toBe(false);
    expect(await admin.verifyPassword(first)).toBe(false);
  });

  it('verifies nothing while there is none', async () => {
    expect(await createAdminSessions(await temporaryKv()).verifyPassword('')).toBe(false);
  });
});

describe('an admin session', () => {
  it('is known by its token for 12 hours, and the state holds no token', async () => {
    const clock = new ManualClock();
    const kv = await temporaryKv({ clock });
    const admin = createAdminSessions(kv);
    await admin.ensurePassword({ given: 'password' });
    const token = await admin.open();
    expect(JSON.stringify(await kv.list({ limit: 100 }))).not.toContain(token);
    clock.advance(12 * HOUR - 1);
    expect(await admin.isOpen(token)).toBe(true);
    clock.advance(1);
    expect(await admin.isOpen(token)).toBe(false);
  });

  it('ends when it is closed, and when the password becomes another one', async () => {
    const admin = createAdminSessions(await temporaryKv());
    await admin.ensurePassword({ given: 'password' });
    const [first, second] = [await admin.open(), await admin.open()];
    await admin.close(first);
    expect(await admin.isOpen(first)).toBe(false);
    await admin.ensurePassword({ given: 'password' });
    expect(await admin.isOpen(second)).toBe(true);
    await admin.ensurePassword({ given: 'another' });
    expect(await admin.isOpen(second)).toBe(false);
  });

  it('is not opened by a token that was never given', async () => {
    const admin = createAdminSessions(await temporaryKv());
    expect(await admin.isOpen('')).toBe(false);
    expect(await admin.isOpen('x'.repeat(10_000))).toBe(false);
  });
});
