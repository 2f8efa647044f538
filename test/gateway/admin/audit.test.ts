import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ACTIONS } from '../../../src/gateway/admin/audit/actions.js';
import { type AdminFixture, PASSWORD, SHADOW, startAdmin } from './fixture.js';

let admin: AdminFixture;
beforeEach(async () => {
  admin = await startAdmin();
});
afterEach(() => admin.close());

interface Entry extends Record<string, unknown> {
  readonly change: Record<string, unknown> | null;
}

async function entries(query = ''): Promise<Entry[]> {
  const { status, json } = await admin.ask('GET', `/audit${query}`);
  expect(status).toBe(200);
  return json.entries as Entry[];
}

describe('the audit log', () => {
  it('tells who created a bucket, when, and with what, but no secret', async () => {
    await admin.ask('POST', '/buckets', {
      body: { name: 'photos', public: true, shadow: { ...SHADOW, name: 'old' } },
    });
    const [entry] = await entries();
    expect(entry).toEqual({
      id: '1',
      at: expect.stringMatching(/^\d{4}-.*Z$/),
      actor: expect.stringMatching(/^session:[0-9a-f]{8}$/),
      address: 'unknown',
      action: 'bucket.create',
      bucket: 'photos',
      object: expect.stringMatching(/^PNBR/),
      outcome: 'done',
      reason: null,
      change: expect.objectContaining({ name: 'photos', public: true }),
    });
    expect(entry?.change?.shadow).toEqual({
      endpoint: SHADOW.endpoint,
      region: SHADOW.region,
      name: 'old',
      access_key_id: '(not shown)',
      secret_access_key: '(not shown)',
    });
    const kept = await admin.kv.list({ prefix: 'audit', limit: 10 });
    expect(JSON.stringify(kept)).not.toContain(SHADOW.secret_access_key);
  });

  it('tells what was refused, and why', async () => {
    await admin.ask('DELETE', '/buckets/photos');
    await admin.ask('POST', '/buckets', { body: { name: 'A' } });
    expect(await entries()).toMatchObject([
      {
        action: 'bucket.create',
        bucket: 'A',
        outcome: 'refused',
        reason: expect.stringMatching(/^invalid_request: name/),
      },
      {
        action: 'bucket.destroy',
        bucket: 'photos',
        outcome: 'refused',
        reason: 'no_such_bucket: no bucket "photos"',
      },
    ]);
  });

  it('names what was made, changed and taken away', async () => {
    await admin.ask('POST', '/buckets', { body: { name: 'photos' } });
    const { json: key } = await admin.ask('POST', '/buckets/photos/keys', { body: { role: 'readonly' } });
    await admin.ask('DELETE', `/keys/${key.access_key_id}`);
    const { json: token } = await admin.ask('POST', '/tokens', { body: { name: 'ci', role: 'admin' } });
    const headers = { authorization: `Bearer ${token.token}` };
    await admin.ask('PATCH', '/buckets/photos', { body: { public: true }, headers, anonymous: true });
    await admin.ask('POST', '/jobs/maintenance:7/cancel?force=true');
    const [cancel, change, create, revoke, make] = await entries();
    expect(cancel).toMatchObject({
      action: 'job.cancel',
      object: 'maintenance:7',
      change: { force: 'true' },
    });
    expect(change).toMatchObject({ action: 'bucket.change', bucket: 'photos', actor: 'token:ci' });
    expect(create).toMatchObject({ action: 'token.create', object: token.id, change: { name: 'ci' } });
    expect(revoke).toMatchObject({ action: 'key.revoke', object: key.access_key_id, outcome: 'done' });
    expect(make).toMatchObject({ action: 'key.create', bucket: 'photos', object: key.access_key_id });
    const all = JSON.stringify(await admin.kv.list({ prefix: 'audit', limit: 100 }));
    for (const secret of [key.secret_access_key, token.token]) expect(all).not.toContain(secret);
  });

  it('has an entry of what is under way, before it is done', async () => {
    let seen: Entry[] = [];
    await admin.close();
    admin = await startAdmin({
      probeShadow: async () => {
        seen = await entries();
      },
    });
    await admin.ask('POST', '/buckets', { body: { name: 'photos', shadow: SHADOW } });
    expect(seen).toMatchObject([{ action: 'bucket.create', bucket: 'photos', outcome: 'begun' }]);
    expect(await entries()).toMatchObject([{ id: '1', outcome: 'done' }]);
  });

  it('has nothing of reads, of what only looks, of routes that are not there, and of those who may not', async () => {
    await admin.ask('GET', '/buckets');
    await admin.ask('POST', '/nothing');
    await admin.ask('DELETE', '/buckets/photos', { anonymous: true });
    const { json } = await admin.ask('POST', '/tokens', { body: { name: 'reader', role: 'read' } });
    const headers = { authorization: `Bearer ${json.token}` };
    await admin.ask('DELETE', '/buckets/photos', { headers, anonymous: true });
    await admin.ask('POST', '/buckets/photos/migrate?dry_run=true', { body: { target_backend: 'x' } });
    expect((await entries()).map(({ action }) => action)).toEqual(['token.create']);
  });

  it('is read in pages and by what is asked for, and says what it does not understand', async () => {
    for (const name of ['a-bucket', 'b-bucket', 'c-bucket'])
      await admin.ask('POST', '/buckets', { body: { name } });
    expect(await entries('?bucket=b-bucket')).toMatchObject([{ bucket: 'b-bucket' }]);
    expect(await entries('?actor=session:&action=bucket.')).toHaveLength(3);
    expect(await entries('?since=2999-01-01T00:00:00Z')).toEqual([]);
    const { json } = await admin.ask('GET', '/audit?limit=2');
    expect(await entries(`?after=${json.next}`)).toMatchObject([{ bucket: 'a-bucket' }]);
    const wrong = await admin.ask('GET', '/audit?since=yesterday');
    expect([wrong.status, JSON.stringify(wrong.json)]).toEqual([400, expect.stringContaining('since')]);
  });

  it('has a name for whatever a route of the API changes', async () => {
    const { json } = await admin.ask('GET', '/openapi.json');
    const changing = Object.entries(json.paths as Record<string, object>).flatMap(([path, operations]) =>
      Object.keys(operations)
        .filter((method) => method !== 'get')
        .map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
    );
    const sessions = ['POST /login', 'POST /logout'];
    expect(changing.sort()).toEqual([...Object.keys(ACTIONS), ...sessions].sort());
  });
});

describe('refused logins', () => {
  it('are told in numbers, by address, not each by itself', async () => {
    await admin.close();
    admin = await startAdmin({ password: PASSWORD });
    for (let i = 0; i < 3; i += 1)
      await admin.ask('POST', '/login', { body: { password: 'wrong' }, anonymous: true });
    const cookie = `penumbra_session=${await admin.deps.sessions.open()}`;
    const logins = async () => (await admin.ask('GET', '/audit', { headers: { cookie } })).json.entries;
    const entry = { actor: 'unknown', action: 'login.refused', outcome: 'refused' };
    expect(await logins()).toMatchObject([{ ...entry, change: { logins: 1, addresses: { unknown: 1 } } }]);
    await expect
      .poll(logins, { timeout: 15_000 })
      .toMatchObject([{ ...entry, change: { logins: 3, addresses: { unknown: 3 } } }]);
  });
});
