import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AdminFixture, SHADOW, startAdmin } from './fixture.js';

let admin: AdminFixture;
beforeEach(async () => {
  admin = await startAdmin();
});
afterEach(() => admin.close());

const CLOUD = {
  name: 'hetzner-fsn1',
  type: 's3',
  endpoint: 'https://fsn1.example.com',
  access_key_id: 'AKIDEXAMPLE',
  secret_access_key: 'wJalrXUtnFEMI',
};

const VARIABLE = `$\{env:HOME}`;
const NO_VARIABLES = `$\{env:NAME} stands for a variable in the configuration file alone: give the value itself`;

const add = (change: object = {}) => admin.ask('POST', '/backends', { body: { ...CLOUD, ...change } });
const remove = (name: string) => admin.ask('DELETE', `/backends/${name}`);
const names = async () => {
  const { backends } = (await admin.ask('GET', '/backends')).json as { backends: { name: string }[] };
  return backends.map(({ name }) => name);
};

describe('backends', () => {
  it('are listed, those that the configuration declares first, without their keys', async () => {
    await add({ region: 'eu-central', encryption: { mode: 'sse-kms', key_id: 'the-key' } });
    const { json } = await admin.ask('GET', '/backends');
    expect(json).toEqual({
      backends: [
        {
          name: 'local-disk',
          type: 'filesystem',
          default: true,
          declared: true,
          endpoint: null,
          region: null,
          path: '/srv/buckets',
          encryption: { mode: 'none', key_id: null },
        },
        {
          name: 'hetzner-fsn1',
          type: 's3',
          default: false,
          declared: false,
          endpoint: 'https://fsn1.example.com',
          region: 'eu-central',
          path: null,
          encryption: { mode: 'sse-kms', key_id: 'the-key' },
        },
      ],
    });
  });

  it('are tried before they are added, in a bucket of their own or in one that is named', async () => {
    const { status, json } = await add();
    expect([status, json]).toMatchObject([
      201,
      { name: 'hetzner-fsn1', probe: { ok: true, left_behind: null } },
    ]);
    await add({ name: 'b', probe_bucket: 'photos' });
    expect((await add({ name: 'c', probe: false })).json).toMatchObject({ probe: null });
    expect(admin.calls).toEqual([
      'probe backend hetzner-fsn1 in a bucket of its own',
      'probe backend b in photos',
    ]);
  });

  it('that cannot be used are not added', async () => {
    admin.probeFinds('credentials', 'SignatureDoesNotMatch');
    const { status, json } = await add();
    expect([status, json]).toEqual([
      422,
      {
        error: {
          code: 'backend_refused',
          message: 'backend "hetzner-fsn1" cannot be used: credentials: SignatureDoesNotMatch',
        },
      },
    ]);
    expect(await names()).toEqual(['local-disk']);
  });

  it('that only lack something are added', async () => {
    admin.probeFinds('conditional_copy', 'ignored');
    expect(await add()).toMatchObject({
      status: 201,
      json: { probe: { ok: true, checks: { conditional_copy: { ok: false, reason: 'ignored' } } } },
    });
  });

  it('have names of their own', async () => {
    await add();
    for (const name of ['hetzner-fsn1', 'local-disk'])
      expect(await add({ name })).toMatchObject({
        status: 409,
        json: { error: { code: 'backend_exists', message: `there is a backend "${name}" already` } },
      });
  });

  it('have folders of their own', async () => {
    const body = { name: 'b', type: 'filesystem', path: '/srv/../srv/buckets' };
    expect(await admin.ask('POST', '/backends', { body })).toMatchObject({
      status: 409,
      json: { error: { message: 'backend "local-disk" has the folder /srv/../srv/buckets already' } },
    });
    const other = { ...body, path: '/srv/other' };
    expect(await admin.ask('POST', '/backends', { body: other })).toMatchObject({
      status: 201,
      json: { type: 'filesystem', path: '/srv/other' },
    });
  });

  it.each([
    [{ type: 'ftp' }, 'type must be filesystem or s3'],
    [{ name: 'a/b' }, 'name "a/b" must be a name: 1 to 63'],
    [{ endpoint: 'fsn1.example.com' }, 'endpoint "fsn1.example.com" must be an http:// or https:// URL'],
    [
      { endpoint: 'https://AKIDEXAMPLE:wJalrXUtnFEMI@x' },
      'endpoint must be a URL without a user and a password',
    ],
    [{ secret_access_key: undefined }, 'secret_access_key is missing: it must be the secret access key'],
    [{ pth: 'x' }, 'Unrecognized key: "pth"'],
    [{ probe: 'no' }, 'probe "no" must be true or false'],
    [{ probe_bucket: 'A' }, 'probe_bucket "A" must be the name of a bucket'],
    [{ region: VARIABLE }, `region ${NO_VARIABLES}`],
    [{ secret_access_key: `x${VARIABLE}` }, `secret_access_key ${NO_VARIABLES}`],
    [{ type: 'filesystem', path: 'objects' }, 'path "objects" must be an absolute path'],
  ])('with %j are refused, naming the field and what is allowed', async (change, message) => {
    const { status, json } = await add(change);
    expect(status).toBe(400);
    expect((json.error as { message: string }).message).toContain(message);
    expect(JSON.stringify(json)).not.toContain(CLOUD.secret_access_key);
    expect(await names()).toEqual(['local-disk']);
  });

  it('show their secrets in no answer', async () => {
    const key = Buffer.alloc(32, 7).toString('hex');
    const encryption = { mode: 'aes256-gcm', key_id: 'k1', key };
    const answers = [await add({ encryption }), await admin.ask('GET', '/backends'), await add()];
    expect(JSON.stringify(answers.map(({ json }) => json))).not.toMatch(/AKIDEXAMPLE|wJalrXUtnFEMI|0707/);
  });
});

describe('a backend', () => {
  it('can have buckets as soon as it is there, and is removed when nothing uses it', async () => {
    await add();
    const body = { name: 'photos', backend: 'hetzner-fsn1' };
    expect((await admin.ask('POST', '/buckets', { body })).status).toBe(201);
    expect(await remove('hetzner-fsn1')).toMatchObject({
      status: 409,
      json: {
        error: {
          code: 'backend_in_use',
          message: 'backend "hetzner-fsn1" is used: it is the target of bucket "photos"',
        },
      },
    });
    await admin.ask('DELETE', '/buckets/photos');
    expect((await remove('hetzner-fsn1')).status).toBe(204);
    expect(await names()).toEqual(['local-disk']);
    expect((await remove('hetzner-fsn1')).status).toBe(404);
  });

  it('is kept for those whose shadow it is', async () => {
    await add();
    await admin.ask('POST', '/buckets', { body: { name: 'photos', shadow: SHADOW } });
    await admin.deps.buckets.update('photos', (record) => ({
      ...record,
      shadow: record.shadow && { ...record.shadow, place: { backend: 'hetzner-fsn1', bucket: 'old' } },
    }));
    expect((await remove('hetzner-fsn1')).json).toMatchObject({
      error: { message: 'backend "hetzner-fsn1" is used: it is the shadow of bucket "photos"' },
    });
  });

  it('is kept for a job that moves a bucket there', async () => {
    await add();
    await admin.ask('POST', '/buckets', { body: { name: 'photos' } });
    const body = { target_backend: 'hetzner-fsn1' };
    expect((await admin.ask('POST', '/buckets/photos/migrate', { body })).status).toBe(202);
    expect((await remove('hetzner-fsn1')).json).toMatchObject({
      error: {
        code: 'backend_in_use',
        message: 'backend "hetzner-fsn1" is used: it is a place of job maintenance:1',
      },
    });
  });

  it('that the configuration declares is not removed', async () => {
    expect(await remove('local-disk')).toMatchObject({
      status: 409,
      json: {
        error: {
          code: 'backend_declared',
          message:
            'backend "local-disk" is the default, and stands in the configuration file: remove it there',
        },
      },
    });
  });

  it('is given other keys, with which it is tried first', async () => {
    await add();
    const change = (body: object, name = 'hetzner-fsn1') => admin.ask('PATCH', `/backends/${name}`, { body });
    const keys = { access_key_id: 'NEW-ID', secret_access_key: 'new-secret' };
    const changed = await change({ ...keys, probe_bucket: 'photos' });
    expect([changed.status, changed.json]).toMatchObject([
      200,
      { name: 'hetzner-fsn1', probe: { ok: true } },
    ]);
    expect(admin.calls.at(-1)).toBe('probe backend hetzner-fsn1 in photos');
    const settings = async () =>
      JSON.parse((await admin.deps.addedBackends.get('hetzner-fsn1'))?.settings ?? '');
    expect(await settings()).toMatchObject({ ...CLOUD, ...keys });
    admin.probeFinds('credentials', 'InvalidAccessKeyId');
    expect((await change({ secret_access_key: 'other' })).status).toBe(422);
    expect(await settings()).toMatchObject(keys);
    expect((await change({ secret_access_key: 'other', probe: false })).json).toMatchObject({ probe: null });
    expect(await settings()).toMatchObject({ ...keys, secret_access_key: 'other' });
  });

  it('is given no other keys where that is not known to be the same store', async () => {
    await add();
    await admin.ask('POST', '/backends', {
      body: { name: 'folder', type: 'filesystem', path: '/srv/other' },
    });
    const change = async (name: string, body: object) => {
      const { status, json } = await admin.ask('PATCH', `/backends/${name}`, { body });
      return [status, (json.error as { message: string }).message];
    };
    const keys = { access_key_id: 'NEW-ID', secret_access_key: 'new-secret' };
    expect(await change('nowhere', keys)).toEqual([404, 'no backend "nowhere"']);
    expect((await change('local-disk', keys))[0]).toBe(409);
    expect(await change('folder', keys)).toEqual([
      409,
      'backend "folder" is a folder, whose settings cannot be changed',
    ]);
    expect(await change('hetzner-fsn1', { endpoint: 'https://other' })).toEqual([
      400,
      expect.stringContaining('Unrecognized key: "endpoint"'),
    ]);
    expect((await change('hetzner-fsn1', { probe: false }))[1]).toContain('there is nothing to change');
    expect((await change('hetzner-fsn1', { access_key_id: VARIABLE }))[1]).toBe(
      `access_key_id ${NO_VARIABLES}`,
    );
  });

  it('is tried again whenever that is asked for', async () => {
    await add({ probe: false });
    admin.probeFinds('write', 'failed at writing: AccessDenied');
    const probe = (name: string, body?: object) => admin.ask('POST', `/backends/${name}/probe`, { body });
    expect(await probe('hetzner-fsn1')).toMatchObject({
      status: 200,
      json: {
        backend: 'hetzner-fsn1',
        ok: false,
        checks: {
          reachable: { ok: true, reason: null },
          write: { ok: false, reason: 'failed at writing: AccessDenied' },
        },
      },
    });
    await probe('local-disk', { bucket: 'photos' });
    expect(admin.calls.at(-1)).toBe('probe backend local-disk in photos');
    expect((await probe('nowhere')).status).toBe(404);
    expect((await probe('local-disk', { buckt: 'photos' })).status).toBe(400);
  });
});
