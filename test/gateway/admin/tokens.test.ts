import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AdminFixture, startAdmin } from './fixture.js';

let admin: AdminFixture;
beforeEach(async () => {
  admin = await startAdmin();
});
afterEach(() => admin.close());

const create = (body: object) =>
  admin.ask('POST', '/tokens', { body: { name: 'ci', role: 'admin', ...body } });

async function tokenOf(role: 'admin' | 'read'): Promise<string> {
  return String((await create({ role })).json.token);
}

/** Asks with a token, and without the session. */
const askWith = (token: string, method: string, path: string, body?: object) =>
  admin.ask(method, path, { anonymous: true, headers: { authorization: `Bearer ${token}` }, body });

const codeOf = ({ status, json }: Awaited<ReturnType<typeof askWith>>) => [
  status,
  (json.error as { code?: string } | undefined)?.code,
];

describe('a token', () => {
  it('is shown once, and listed without itself', async () => {
    const { status, json } = await create({ role: 'read', expires_in: 3_600 });
    expect([status, json]).toMatchObject([201, { name: 'ci', role: 'read', token: expect.any(String) }]);
    const lasts = Date.parse(String(json.expires_at)) - Date.parse(String(json.created_at));
    expect(lasts).toBe(3_600_000);
    const { token, ...shown } = json;
    expect((await admin.ask('GET', '/tokens')).json).toEqual({ tokens: [shown], next: null });
    expect((await create({})).json).toMatchObject({ expires_at: null });
  });

  it('of an admin does all that a session does', async () => {
    const token = await tokenOf('admin');
    expect((await askWith(token, 'POST', '/buckets', { name: 'photos' })).status).toBe(201);
    expect((await askWith(token, 'GET', '/buckets/photos')).status).toBe(200);
    expect((await askWith(token, 'GET', '/session')).json).toEqual({ authenticated: true });
    expect((await askWith(token, 'POST', '/tokens', { name: 'next', role: 'read' })).status).toBe(201);
    expect((await askWith(token, 'DELETE', '/buckets/photos')).status).toBe(204);
  });

  it('for reading reads, and changes nothing', async () => {
    const token = await tokenOf('read');
    for (const path of ['/buckets', '/jobs', '/backends', '/tokens', '/keys'])
      expect((await askWith(token, 'GET', path)).status).toBe(200);
    for (const [method, path] of [
      ['POST', '/buckets'],
      ['PATCH', '/buckets/photos'],
      ['DELETE', '/buckets/photos'],
      ['POST', '/tokens'],
      ['DELETE', '/tokens/0123456789abcdef'],
      ['POST', '/backends/local-disk/probe'],
      ['POST', '/nothing'],
    ] as const)
      expect(codeOf(await askWith(token, method, path, {}))).toEqual([403, 'read_only']);
  });

  it('that was revoked is refused at once', async () => {
    const { id, token } = (await create({})).json;
    expect((await admin.ask('DELETE', `/tokens/${id}`)).status).toBe(204);
    const answer = await askWith(String(token), 'GET', '/buckets');
    expect(codeOf(answer)).toEqual([401, 'unknown_token']);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
    expect(codeOf(await admin.ask('DELETE', `/tokens/${id}`))).toEqual([404, 'no_such_token']);
  });

  it('that is not known is refused, although there is a session beside it', async () => {
    const headers = { authorization: 'Bearer made-up' };
    expect(codeOf(await admin.ask('GET', '/buckets', { headers }))).toEqual([401, 'unknown_token']);
  });

  it('is not what other schemes say: the session counts', async () => {
    const headers = { authorization: 'Basic cGVuOnVtYnJh' };
    expect((await admin.ask('GET', '/buckets', { headers })).status).toBe(200);
    expect(codeOf(await admin.ask('GET', '/buckets', { headers, anonymous: true }))).toEqual([
      401,
      'unauthenticated',
    ]);
  });

  it.each([
    [{ name: '' }, 'name "" must be what the token is for'],
    [{ role: 'owner' }, 'role "owner" must be "admin" or "read"'],
    [{ role: undefined }, 'role is missing: it must be "admin" or "read"'],
    [{ expires_in: 0 }, 'expires_in 0 must be a whole number of seconds'],
    [{ expires: 5 }, 'Unrecognized key: "expires"'],
  ])('with %j is refused, naming the field and what is allowed', async (change, message) => {
    const { status, json } = await create(change);
    expect([status, (json.error as { message: string }).message]).toEqual([
      400,
      expect.stringContaining(message),
    ]);
  });
});
