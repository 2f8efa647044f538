import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ShadowRefused } from '../../../src/gateway/probe-refusal.js';
import { CopyLosses } from '../../../src/state/copy-losses.js';
import { type AdminFixture, SHADOW, startAdmin } from './fixture.js';

let admin: AdminFixture;
beforeEach(async () => {
  admin = await startAdmin();
});
afterEach(() => admin.close());

const create = (body: object) => admin.ask('POST', '/buckets', { body: { name: 'photos', ...body } });
const change = (body: object) => admin.ask('PATCH', '/buckets/photos', { body });
const messageOf = ({ json }: { json: Record<string, unknown> }) =>
  (json.error as { message: string }).message;

describe('creating a bucket', () => {
  it('answers what a client needs, the secret once', async () => {
    const { status, json } = await create({ org: 'acme' });
    expect(status).toBe(201);
    expect(json).toMatchObject({
      bucket: 'photos',
      org: 'acme',
      endpoint: null,
      region: 'auto',
      shadow: null,
    });
    expect(json.access_key_id).toMatch(/^PNBR[A-Z0-9]{16}$/);
    expect(json.secret_access_key).toHaveLength(40);
    expect((await admin.ask('GET', '/buckets/photos')).json).not.toHaveProperty('secret_access_key');
  });

  it('names the public URL where there is one', async () => {
    const published = await startAdmin({ publicUrl: 'https://s3.example.com' });
    const { json } = await published.ask('POST', '/buckets', { body: { name: 'photos' } });
    expect(json.endpoint).toBe('https://s3.example.com');
    await published.close();
  });

  it('probes the shadow, which has the name of the bucket unless told otherwise', async () => {
    await create({ target_bucket: 'pictures', shadow: SHADOW });
    expect(admin.calls).toEqual(['probe http://legacy.example:9000/photos for pictures']);
    expect((await admin.ask('GET', '/buckets/photos')).json.shadow).toEqual({
      name: 'photos',
      prefix: '',
      target_prefix: '',
      backend: null,
      endpoint: 'http://legacy.example:9000',
      region: 'us-east-1',
      write_through: false,
      rung: 'read-through',
      aim: 'read-through',
      delete: 'both',
      acl: false,
      clear_when_drained: false,
      provenance: true,
      conditional_writes: { put: true, complete: false, match: true },
    });
  });

  it('saves nothing when the probe refuses', async () => {
    const refusing = await startAdmin({
      probeShadow: () =>
        Promise.reject(new ShadowRefused('shadow refused the access key: InvalidAccessKeyId')),
    });
    const answer = await refusing.ask('POST', '/buckets', { body: { name: 'photos', shadow: SHADOW } });
    expect([answer.status, answer.json]).toEqual([
      422,
      { error: { code: 'shadow_refused', message: 'shadow refused the access key: InvalidAccessKeyId' } },
    ]);
    expect((await refusing.ask('GET', '/buckets')).json.buckets).toEqual([]);
    await refusing.close();
  });

  it('refuses a name that is taken', async () => {
    await create({});
    expect(await create({ shadow: SHADOW })).toMatchObject({
      status: 409,
      json: { error: { code: 'bucket_exists', message: 'bucket "photos" exists already' } },
    });
    expect(admin.calls).toEqual([]);
  });

  it.each([
    [{ name: 'No' }, 'name "No" must be a bucket name: 3 to 63 lower-case letters, digits, hyphens and dots'],
    [{ name: undefined }, 'name is missing: it must be a bucket name'],
    [{ public: 'yes' }, 'public "yes" must be true or false'],
    [{ backend: 'nowhere' }, 'there is no backend "nowhere": it must be one of local-disk'],
    [{ colour: 'red' }, 'Unrecognized key: "colour"'],
    [
      { shadow: { ...SHADOW, endpoint: 'localhost:9000' } },
      'shadow.endpoint "localhost:9000" must be an absolute',
    ],
    [
      { shadow: { ...SHADOW, endpoint: 'http://h/path' } },
      'shadow.endpoint "http://h/path" must be an absolute',
    ],
    [{ shadow: { ...SHADOW, endpoint: 'http://user:pw@h' } }, 'without path, query or credentials'],
    [{ shadow: { ...SHADOW, endpoint: 'ftp://h' } }, 'shadow.endpoint "ftp://h" must be'],
    [{ shadow: { ...SHADOW, delete: 'none' } }, 'shadow.delete "none" must be "both" or "target"'],
    [{ shadow: { ...SHADOW, region: undefined } }, 'shadow.region is missing: it must be a region name'],
    [{ shadow: { ...SHADOW, name: 'a/b' } }, 'shadow.name "a/b" must be the name of the bucket'],
    [{ shadow: { ...SHADOW, prefix: 7 } }, 'shadow.prefix 7 must be what keys begin with'],
    [{ shadow: { ...SHADOW, target_prefix: '\ud800' } }, 'must be what keys begin with: Unicode text'],
    [{ shadow: { ...SHADOW, prefix: 'ü'.repeat(513) } }, 'at most 1024 bytes of UTF-8'],
    [
      { shadow: { ...SHADOW, secret_access_key: '' } },
      'shadow.secret_access_key must be the secret access key',
    ],
    [{ shadow: { ...SHADOW, access_key_id: 'two words' } }, 'shadow.access_key_id must be the access key id'],
  ])('refuses %j, naming field, value and what is allowed', async (body, message) => {
    const answer = await create(body);
    expect(messageOf(answer)).toContain(message);
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.json)).not.toContain(SHADOW.secret_access_key);
    expect((await admin.ask('GET', '/buckets')).json.buckets).toEqual([]);
  });
});

describe('trying a shadow', () => {
  const trial = (body: object) => admin.ask('POST', '/shadow-trials', { body });

  it('probes it for a bucket that is to be created, and creates nothing', async () => {
    const { status, json } = await trial({ bucket: 'photos', shadow: SHADOW });
    expect([status, json]).toEqual([200, { ok: true }]);
    expect(admin.calls).toHaveLength(1);
    expect((await admin.ask('GET', '/buckets')).json.buckets).toEqual([]);
  });

  it('probes it for a bucket that is there, and leaves that as it is', async () => {
    await create({});
    expect((await trial({ bucket: 'photos', shadow: { ...SHADOW, write_through: true } })).status).toBe(200);
    expect((await admin.ask('GET', '/buckets/photos')).json.shadow).toBeNull();
  });

  it('tells why it cannot be', async () => {
    const refusing = await startAdmin({
      probeShadow: () => Promise.reject(new ShadowRefused('shadow has no such bucket: "photos"')),
    });
    const { status, json } = await refusing.ask('POST', '/shadow-trials', {
      body: { bucket: 'photos', shadow: SHADOW },
    });
    expect([status, messageOf({ json })]).toEqual([422, 'shadow has no such bucket: "photos"']);
    await refusing.close();
  });

  it('refuses a backend that is not there', async () => {
    const { status } = await trial({ bucket: 'photos', backend: 'nowhere', shadow: SHADOW });
    expect(status).toBe(400);
  });
});

describe('listing buckets', () => {
  it('goes page by page, and by organization', async () => {
    for (const name of ['ccc', 'aaa', 'bbb']) await create({ name, org: name === 'bbb' ? 'acme' : null });
    const namesOf = ({ json }: { json: Record<string, unknown> }) =>
      (json.buckets as { bucket: string }[]).map(({ bucket }) => bucket);
    const first = await admin.ask('GET', '/buckets?limit=2');
    expect([namesOf(first), first.json.next]).toEqual([['aaa', 'bbb'], 'bbb']);
    const second = await admin.ask('GET', '/buckets?limit=2&after=bbb');
    expect([namesOf(second), second.json.next]).toEqual([['ccc'], null]);
    expect(namesOf(await admin.ask('GET', '/buckets?org=acme'))).toEqual(['bbb']);
  });

  it('refuses a limit that is none', async () => {
    expect(messageOf(await admin.ask('GET', '/buckets?limit=0'))).toContain(
      'must be a whole number from 1 to 1000',
    );
  });
});

describe('the status of a bucket', () => {
  it('tells how far the migration is', async () => {
    await create({ shadow: SHADOW });
    admin.migrationIs({
      objectsTotal: 5,
      objectsDone: 3,
      bytesTotal: 50,
      bytesDone: 30,
      remaining: 2,
      tombstones: 1,
    });
    expect((await admin.ask('GET', '/buckets/photos/status')).json).toMatchObject({
      bucket: 'photos',
      backend: 'local-disk',
      target_endpoint: null,
      target_region: null,
      migration: {
        state: 'migrating',
        objects_total: 5,
        objects_done: 3,
        bytes_total: 50,
        bytes_done: 30,
        remaining: 2,
        failed: 0,
        copied_by_reads: { objects: 0, bytes: 0 },
        pending_repairs: 0,
        tombstones: 1,
        exact: true,
        problem: null,
      },
    });
  });

  it.each([
    [{}, 'complete'],
    [{ exact: false }, 'migrating'],
    [{ bySweep: true as const }, 'migrating'],
    [{ remaining: 1 }, 'migrating'],
  ])('with %j is %s', async (status, state) => {
    await create({ shadow: SHADOW });
    admin.migrationIs(status);
    expect((await admin.ask('GET', '/buckets/photos/status')).json.migration).toMatchObject({ state });
  });

  it('says none of a bucket without a shadow', async () => {
    await create({});
    const { json } = await admin.ask('GET', '/buckets/photos/status');
    expect(json).toMatchObject({ shadow: null, migration: { state: 'none', remaining: 0 } });
  });

  it('is 404 for a bucket that is not there', async () => {
    expect(await admin.ask('GET', '/buckets/photos/status')).toMatchObject({
      status: 404,
      json: { error: { code: 'no_such_bucket', message: 'no bucket "photos"' } },
    });
  });
});

describe('changing a bucket', () => {
  it('gives it a shadow after a probe', async () => {
    await create({});
    const { status, json } = await change({ shadow: { ...SHADOW, name: 'legacy', write_through: true } });
    expect(status).toBe(200);
    expect(json.shadow).toMatchObject({
      name: 'legacy',
      write_through: true,
      conditional_writes: { put: true, complete: true, match: true },
    });
    expect(admin.calls).toEqual(['probe http://legacy.example:9000/legacy for photos']);
  });

  it('makes it public and private again, and leaves the shadow alone', async () => {
    await create({ shadow: SHADOW });
    expect((await change({ public: true })).json).toMatchObject({ public: true, shadow: { name: 'photos' } });
    expect((await change({ public: false })).json).toMatchObject({
      public: false,
      shadow: { name: 'photos' },
    });
  });

  it('changes how the bucket of a declared backend is written, but gives it no keys', async () => {
    await create({ shadow: SHADOW });
    const place = { backend: 'local-disk', bucket: 'old-photos' };
    await admin.deps.buckets.update('photos', (record) => ({
      ...record,
      shadow: record.shadow && { ...record.shadow, place },
    }));
    const { status, json } = await change({ shadow: { write_through: true } });
    expect([status, json.shadow]).toMatchObject([
      200,
      { name: 'old-photos', backend: 'local-disk', endpoint: null, region: null, write_through: true },
    ]);
    const refused = await change({ shadow: { secret_access_key: 'new' } });
    expect([refused.status, messageOf(refused)]).toEqual([
      400,
      'shadow.secret_access_key cannot be given: the shadow is bucket "old-photos" of backend "local-disk", which the configuration declares',
    ]);
  });

  it('keeps the migration when only the keys or options of the shadow change', async () => {
    await create({ shadow: SHADOW });
    const { shadow } = (await admin.deps.buckets.get('photos')) ?? {};
    admin.migrationIs({ remaining: 5 });
    const { status } = await change({ shadow: { ...SHADOW, secret_access_key: 'new', write_through: true } });
    expect(status).toBe(200);
    const record = await admin.deps.buckets.get('photos');
    expect(record?.shadow).toMatchObject({
      place: { secretAccessKey: 'new' },
      writeThrough: true,
      since: shadow?.since,
    });
    expect(admin.calls).not.toContain('forget the passes over photos');
  });

  it('gives up write-through although the shadow is down, and takes nothing up without asking it', async () => {
    const written = { ...SHADOW, write_through: true };
    await create({ shadow: written });
    admin.calls.length = 0;
    expect(
      (await change({ shadow: { ...SHADOW, write_through: false, delete: 'target' } })).json,
    ).toMatchObject({
      shadow: { write_through: false, delete: 'target' },
    });
    expect(admin.calls).toEqual([]);
    for (const more of [
      { write_through: true },
      { delete: 'both' },
      { secret_access_key: 'new' },
      { region: 'x' },
    ]) {
      admin.calls.length = 0;
      await change({ shadow: { ...SHADOW, write_through: false, delete: 'target', ...more } });
      expect(admin.calls).toEqual(['probe http://legacy.example:9000/photos for photos']);
      await change({ shadow: { ...SHADOW, write_through: false, delete: 'target' } });
    }
  });

  it('takes what is left out from the shadow that it has, and nothing for another one', async () => {
    await create({ shadow: { ...SHADOW, name: 'legacy' } });
    const { status, json } = await change({ shadow: { write_through: true } });
    expect([status, json.shadow]).toMatchObject([200, { name: 'legacy', write_through: true }]);
    expect((await admin.deps.buckets.get('photos'))?.shadow?.place).toMatchObject({
      secretAccessKey: SHADOW.secret_access_key,
    });
    for (const shadow of [{ name: 'other' }, { endpoint: 'http://other.example', name: 'legacy' }]) {
      const refused = await change({ shadow });
      expect(refused.status).toBe(400);
      expect(messageOf(refused)).toMatch(/^a shadow needs .*access_key_id, secret_access_key as well$/);
    }
    await change({ shadow: null });
    expect(messageOf(await change({ shadow: { delete: 'target' } }))).toBe(
      'a shadow needs endpoint, region, access_key_id, secret_access_key as well',
    );
  });

  it('keeps the prefixes of a shadow that is set, and takes others once it is cleared', async () => {
    const prefixes = { prefix: 'archive/', target_prefix: 'old/2024/' };
    await create({ shadow: { ...SHADOW, ...prefixes } });
    expect((await change({ shadow: { delete: 'target' } })).json.shadow).toMatchObject(prefixes);
    expect((await change({ shadow: { ...SHADOW, ...prefixes } })).status).toBe(200);
    for (const [change_, message] of [
      [{ prefix: '' }, 'shadow.prefix: "" must be "archive/" as long as this shadow is set'],
      [{ target_prefix: 'new/' }, 'shadow.target_prefix: "new/" must be "old/2024/" as long as'],
    ] as const) {
      for (const shadow of [change_, { ...SHADOW, ...prefixes, ...change_ }]) {
        const refused = await change({ shadow });
        expect([refused.status, messageOf(refused)]).toEqual([409, expect.stringContaining(message)]);
        expect(messageOf(refused)).toContain('clear the shadow first');
      }
    }
    expect((await admin.ask('GET', '/buckets/photos')).json.shadow).toMatchObject(prefixes);
    await change({ shadow: null });
    expect((await change({ shadow: { ...SHADOW, prefix: 'b/' } })).json.shadow).toMatchObject({
      prefix: 'b/',
      target_prefix: '',
    });
  });

  it('asks nothing of a prefix in the shadow that takes the place of another', async () => {
    await create({ shadow: { ...SHADOW, prefix: 'archive/' } });
    const { status, json } = await change({ shadow: { ...SHADOW, name: 'other', prefix: 'b/' } });
    expect([status, json.shadow]).toMatchObject([200, { name: 'other', prefix: 'b/' }]);
  });

  it('starts a shadow where nobody sees it yet, and a new bucket where it is to be', async () => {
    admin.switching.stick();
    await create({});
    await change({ shadow: { ...SHADOW, write_through: true }, wait_seconds: 0 });
    expect(await admin.deps.buckets.get('photos')).toMatchObject({
      epoch: 1,
      shadow: { rung: 'target-only', aim: 'write-through' },
    });
  });

  it('does not change how a shadow is written when only its keys are sent', async () => {
    await create({ shadow: { ...SHADOW, write_through: true, delete: 'target' } });
    await change({ shadow: { ...SHADOW, secret_access_key: 'new' } });
    expect((await admin.deps.buckets.get('photos'))?.shadow).toMatchObject({
      place: { secretAccessKey: 'new' },
      writeThrough: true,
      delete: 'target',
    });
    await change({ shadow: { ...SHADOW, write_through: false } });
    expect((await admin.deps.buckets.get('photos'))?.shadow).toMatchObject({
      writeThrough: false,
      delete: 'target',
    });
  });

  it.each([
    ['another first shadow', null],
    ['keys of the same one', SHADOW],
  ])('is refused when somebody else gives it other settings while it is tried: %s', async (_, shadow) => {
    await create({ ...(shadow && { shadow }) });
    const { probes } = admin.deps;
    let tried = 0;
    Object.assign(probes, {
      async probeShadow() {
        tried += 1;
        if (tried === 1) await change({ shadow: { ...SHADOW, name: 'photos', write_through: true } });
      },
    });
    const refused = await change({ shadow: { ...SHADOW, name: shadow ? 'photos' : 'other', region: 'x' } });
    expect([refused.status, messageOf(refused)]).toEqual([
      409,
      'the shadow of "photos" was changed meanwhile: try again',
    ]);
    expect((await admin.deps.buckets.get('photos'))?.shadow).toMatchObject({
      place: { bucket: 'photos', region: 'us-east-1' },
      writeThrough: true,
    });
  });

  it('is 404 for a bucket that is not there', async () => {
    expect((await change({ public: true })).status).toBe(404);
  });
});

describe('destroying a bucket', () => {
  it('takes it away', async () => {
    await create({});
    expect((await admin.ask('DELETE', '/buckets/photos')).status).toBe(204);
    expect((await admin.ask('DELETE', '/buckets/photos')).status).toBe(404);
  });
});

describe('access keys', () => {
  it('are made, listed without their secrets, and revoked', async () => {
    await create({});
    const made = await admin.ask('POST', '/buckets/photos/keys', { body: { role: 'readonly' } });
    expect(made.status).toBe(201);
    const { secret_access_key, ...shown } = made.json;
    expect(secret_access_key).toHaveLength(40);
    expect((await admin.ask('GET', '/keys')).json.keys).toContainEqual(shown);
    expect((await admin.ask('GET', '/buckets/photos/keys')).json.keys).toContainEqual(shown);
    expect((await admin.ask('DELETE', `/keys/${shown.access_key_id}`)).status).toBe(204);
    expect((await admin.ask('DELETE', `/keys/${shown.access_key_id}`)).status).toBe(404);
    expect((await admin.ask('GET', '/keys')).json.keys).not.toContainEqual(shown);
  });

  it('are refused for a bucket that is not there, and with a role that is none', async () => {
    expect((await admin.ask('POST', '/buckets/photos/keys', { body: { role: 'editor' } })).status).toBe(404);
    const answer = await admin.ask('POST', '/buckets/photos/keys', { body: { role: 'owner' } });
    expect(messageOf(answer)).toBe('role "owner" must be "admin", "editor" or "readonly"');
  });
});

describe('sweeps', () => {
  it('starts a sweep, and refuses one where there is nothing to sweep from', async () => {
    await create({ shadow: SHADOW });
    expect(await admin.ask('POST', '/buckets/photos/sweep')).toMatchObject({
      status: 202,
      json: { state: 'planning', finished_at: null },
    });
    expect((await admin.ask('GET', '/buckets/photos/sweep')).json).toMatchObject({ state: 'planning' });
    await change({ shadow: null });
    expect((await admin.ask('POST', '/buckets/photos/sweep')).status).toBe(409);
  });
});

describe('a defect', () => {
  it('is answered without its details', async () => {
    Object.assign(admin.deps.lifecycle, { createBucket: () => Promise.reject(new Error('secret detail')) });
    expect(await create({})).toMatchObject({
      status: 500,
      json: { error: { code: 'internal_error', message: 'the gateway failed; its log says why' } },
    });
  });
});

describe('what copies lost', () => {
  const lost = (count: number) => ({
    counts: [{ what: 'etag', reason: 'r', count }],
    newest: Array.from({ length: count }, (_, at) => ({ key: `k${at}`, what: 'etag', reason: 'r', at })),
  });

  beforeEach(async () => {
    await create({ shadow: SHADOW });
    const record = await admin.deps.buckets.get('photos');
    await new CopyLosses(admin.kv).add(record?.id ?? '', lost(5));
  });

  it('is counted in the status', async () => {
    const { json } = await admin.ask('GET', '/buckets/photos/status');
    expect(json.losses).toEqual([{ what: 'etag', reason: 'r', count: 5 }]);
  });

  it('is told page by page, the newest first', async () => {
    const first = await admin.ask('GET', '/buckets/photos/losses?limit=3');
    const keys = ({ json }: { json: Record<string, unknown> }) =>
      (json.losses as { key: string }[]).map(({ key }) => key);
    expect(keys(first)).toEqual(['k4', 'k3', 'k2']);
    expect((first.json.losses as object[])[0]).toEqual({
      key: 'k4',
      what: 'etag',
      reason: 'r',
      at: '1970-01-01T00:00:00.004Z',
    });
    const second = await admin.ask('GET', `/buckets/photos/losses?limit=3&after=${first.json.next}`);
    expect([keys(second), second.json.next]).toEqual([['k1', 'k0'], null]);
  });

  it('is asked for by the place that the page before named', async () => {
    const refused = await admin.ask('GET', '/buckets/photos/losses?after=k2');
    expect(refused.status).toBe(400);
    expect(messageOf(refused)).toContain('after "k2" must be');
  });
});

describe('the grants of copies', () => {
  it('are kept when that is asked for, until it is not', async () => {
    await create({ shadow: SHADOW });
    expect((await change({ shadow: { acl: true } })).json.shadow).toMatchObject({ acl: true });
    expect((await change({ shadow: { write_through: false } })).json.shadow).toMatchObject({ acl: true });
    expect((await change({ shadow: { acl: false } })).json.shadow).toMatchObject({ acl: false });
  });
});

describe('the provenance of copies', () => {
  it('is kept until that is not wanted, and left out until it is', async () => {
    await create({ shadow: SHADOW });
    expect((await change({ shadow: { provenance: false } })).json.shadow).toMatchObject({
      provenance: false,
    });
    expect((await change({ shadow: { acl: true } })).json.shadow).toMatchObject({ provenance: false });
    expect((await change({ shadow: { provenance: true } })).json.shadow).toMatchObject({ provenance: true });
  });
});
