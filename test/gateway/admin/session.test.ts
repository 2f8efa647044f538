import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AdminFixture, PASSWORD, startAdmin } from './fixture.js';

let admin: AdminFixture;
afterEach(() => admin.close());

const logIn = (password: unknown) => admin.ask('POST', '/login', { body: { password }, anonymous: true });

describe('login', () => {
  beforeEach(async () => {
    admin = await startAdmin({ password: PASSWORD, publicUrl: 'http://localhost:9000' });
  });

  it('answers {"ok":true} and a cookie that scripts and other sites cannot use', async () => {
    const { status, json, headers } = await logIn(PASSWORD);
    expect([status, json]).toEqual([200, { ok: true }]);
    expect(headers.get('set-cookie')).toMatch(
      /^penumbra_session=\S+; Path=\/_\/; HttpOnly; SameSite=Strict$/,
    );
  });

  it('makes the cookie Secure when clients come by https', async () => {
    await admin.close();
    admin = await startAdmin({ password: PASSWORD, publicUrl: 'https://s3.example.com' });
    expect((await logIn(PASSWORD)).headers.get('set-cookie')).toContain('; Secure');
  });

  it('opens a session that logout ends', async () => {
    const cookie = (await logIn(PASSWORD)).headers.get('set-cookie')?.split(';')[0] ?? '';
    const ask = (method: string, path: string) =>
      admin.ask(method, path, { headers: { cookie }, anonymous: true });
    expect((await ask('GET', '/session')).json).toEqual({ authenticated: true });
    expect((await ask('GET', '/buckets')).status).toBe(200);
    expect((await ask('POST', '/logout')).status).toBe(200);
    expect((await ask('GET', '/session')).json).toEqual({ authenticated: false });
    expect((await ask('GET', '/buckets')).status).toBe(401);
  });

  it('refuses a wrong password with 401', async () => {
    const { status, json, headers } = await logIn('wrong');
    expect([status, json]).toEqual([
      401,
      { error: { code: 'wrong_password', message: 'the password is wrong' } },
    ]);
    expect(headers.get('set-cookie')).toBeNull();
  });

  it('answers 429 with Retry-After after repeated failures, also to the right password', async () => {
    const failures = await Promise.all(Array.from({ length: 8 }, () => logIn('wrong')));
    expect(failures.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
    const { status, headers } = await logIn(PASSWORD);
    expect(status).toBe(429);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('does not count right passwords', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => logIn(PASSWORD)));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
  });

  it('never shows what was sent in place of a password', async () => {
    const { status, json } = await logIn(12345);
    expect([status, json]).toEqual([
      400,
      { error: { code: 'invalid_request', message: 'password must be the admin password' } },
    ]);
  });
});

describe('without a session', () => {
  beforeEach(async () => {
    admin = await startAdmin();
  });

  it.each([
    ['GET', '/buckets'],
    ['POST', '/buckets'],
    ['GET', '/buckets/photos/status'],
    ['DELETE', '/keys/PNBR'],
    ['GET', '/backends'],
    ['GET', '/nothing'],
  ])('%s %s is refused with 401', async (method, path) => {
    const { status, json } = await admin.ask(method, path, { anonymous: true });
    expect([status, json]).toEqual([401, { error: { code: 'unauthenticated', message: 'log in first' } }]);
  });

  it('a cookie that was made up is none', async () => {
    const headers = { cookie: 'penumbra_session=made-up' };
    expect((await admin.ask('GET', '/buckets', { headers, anonymous: true })).status).toBe(401);
  });

  it('the document of the API is served', async () => {
    const { status, json } = await admin.ask('GET', '/openapi.json', { anonymous: true });
    expect([status, json.openapi]).toEqual([200, '3.1.0']);
    expect(json).toMatchObject({
      security: [{ session: [] }, { token: [] }],
      components: {
        securitySchemes: {
          session: { type: 'apiKey', in: 'cookie', name: 'penumbra_session' },
          token: { type: 'http', scheme: 'bearer' },
        },
      },
      paths: { '/login': { post: { security: [] } } },
    });
    expect(Object.keys(json.paths as object).sort()).toEqual([
      '/audit',
      '/backends',
      '/backends/health',
      '/backends/{name}',
      '/backends/{name}/probe',
      '/backends/{name}/rotate',
      '/buckets',
      '/buckets/{name}',
      '/buckets/{name}/explain',
      '/buckets/{name}/history',
      '/buckets/{name}/keys',
      '/buckets/{name}/losses',
      '/buckets/{name}/migrate',
      '/buckets/{name}/objects',
      '/buckets/{name}/presign',
      '/buckets/{name}/report',
      '/buckets/{name}/status',
      ...[
        ...['sweep', 'verify'].flatMap((kind) =>
          ['', '/findings', '/pause', '/resume', '/retry-failed', '/stop'].map((verb) => `${kind}${verb}`),
        ),
        'sweep/named',
        'sweep/named/keys',
      ]
        .sort()
        .map((path) => `/buckets/{name}/${path}`),
      '/jobs',
      '/jobs/bucket/{bucket}',
      '/jobs/events',
      '/jobs/{id}',
      ...['cancel', 'failures', 'pause', 'resume', 'retry', 'rollback'].map((verb) => `/jobs/{id}/${verb}`),
      '/keys',
      '/keys/{id}',
      '/login',
      '/logout',
      '/session',
      '/shadow-trials',
      '/tokens',
      '/tokens/{id}',
    ]);
  });
});

describe('a request that no script of ours would send', () => {
  beforeEach(async () => {
    admin = await startAdmin();
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', ''])(
    'with the media type "%s" is refused',
    async (type) => {
      const { status } = await admin.ask('POST', '/logout', { headers: { 'content-type': type } });
      expect(status).toBe(415);
    },
  );

  it('but the command line of a machine, is taken without a body, and refused where a browser sent it', async () => {
    const { app } = admin;
    expect((await app.request('/logout', { method: 'POST' })).status).toBe(200);
    const headers = { origin: 'https://elsewhere.example' };
    expect((await app.request('/logout', { method: 'POST', headers })).status).toBe(415);
  });

  it('with malformed JSON is refused', async () => {
    const { status, json } = await admin.ask('POST', '/login', { body: undefined });
    expect([status, Object.keys(json)]).toEqual([400, ['error']]);
  });

  it.each([
    [{ 'content-length': '1000000' }, 413],
    [{ 'transfer-encoding': 'chunked' }, 411],
  ])('with a body without bound is refused: %j', async (headers, expected) => {
    const { status } = await admin.ask('POST', '/login', { body: { password: 'x' }, headers });
    expect(status).toBe(expected);
  });

  it('to a route that is not there gets 404', async () => {
    const { status, json } = await admin.ask('GET', '/nothing');
    expect([status, (json.error as { code: string }).code]).toEqual([404, 'no_such_route']);
  });
});
