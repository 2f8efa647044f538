import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PenumbraServer, penumbra, startPenumbra } from '../support/penumbra.js';

const ROOT = { accessKeyId: 'LEGACYROOT', secretAccessKey: 'legacy-root-secret' };
const PASSWORD = 'open sesame';
const OBJECTS = ['a b', 'photos/ü.jpg', 'z'];

let folder: string;
let legacy: PenumbraServer;
let gateway: PenumbraServer;
let legacyClient: S3Client;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'penumbra-cli-'));
  [legacy, gateway] = await Promise.all([
    startPenumbra(join(folder, 'legacy'), {
      PENUMBRA_ROOT_ACCESS_KEY_ID: ROOT.accessKeyId,
      PENUMBRA_ROOT_SECRET_ACCESS_KEY: ROOT.secretAccessKey,
      PENUMBRA_ADMIN_PASSWORD: 'other',
    }),
    startPenumbra(join(folder, 'gateway'), { PENUMBRA_ADMIN_PASSWORD: PASSWORD }),
  ]);
  await penumbra(['login'], { env: session(), input: PASSWORD });
  legacyClient = clientOf(legacy.url, ROOT);
  await legacyClient.send(new CreateBucketCommand({ Bucket: 'legacy-photos' }));
  for (const Key of OBJECTS) {
    await legacyClient.send(new PutObjectCommand({ Bucket: 'legacy-photos', Key, Body: `body of ${Key}` }));
  }
});

afterAll(async () => {
  legacyClient?.destroy();
  await Promise.all([legacy?.stop(), gateway?.stop()]);
  await rm(folder, { recursive: true, force: true });
});

function clientOf(endpoint: string, credentials: typeof ROOT): S3Client {
  return new S3Client({ endpoint, region: 'auto', credentials, forcePathStyle: true, maxAttempts: 1 });
}

/** The variables of a command that has the session of an earlier login. */
function session() {
  return { PENUMBRA_URL: gateway.url, XDG_CONFIG_HOME: join(folder, 'session') };
}

function storage(args: readonly string[]) {
  return penumbra(['storage', ...args], { env: session() });
}

/** The JSON of a command that is done. */
async function storageJson(...args: string[]) {
  const { code, stdout, stderr } = await storage([...args, '--json']);
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
}

function shadowFlags(change: Readonly<Record<string, string>> = {}): string[] {
  return Object.entries({
    '--shadow-name': 'legacy-photos',
    '--shadow-endpoint': legacy.url,
    '--shadow-region': 'us-east-1',
    '--shadow-access-key': ROOT.accessKeyId,
    '--shadow-secret-key': ROOT.secretAccessKey,
    ...change,
  }).flat();
}

async function bucketNames(): Promise<string[]> {
  const { buckets } = await storageJson('list');
  return buckets.map(({ bucket }: { bucket: string }) => bucket);
}

describe('a bucket from its creation to its end', () => {
  let client: S3Client;

  it('is created with a shadow and prints what clients need', async () => {
    const { code, stdout, stderr } = await storage([
      'create',
      '-n',
      'photos',
      '-o',
      'acme',
      ...shadowFlags(),
    ]);
    expect([code, stderr]).toEqual([0, '']);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(': ') as [string, string]);
    expect(lines.map(([name]) => name)).toEqual([
      'BUCKET_NAME',
      'AWS_ENDPOINT_URL_S3',
      'AWS_REGION',
      'AWS_ACCESS_KEY_ID',
      'AWS_SECRET_ACCESS_KEY',
    ]);
    const variables = Object.fromEntries(lines);
    expect(variables).toMatchObject({ BUCKET_NAME: 'photos', AWS_ENDPOINT_URL_S3: gateway.url });
    client = clientOf(variables.AWS_ENDPOINT_URL_S3 ?? '', {
      accessKeyId: variables.AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: variables.AWS_SECRET_ACCESS_KEY ?? '',
    });
    const { Body } = await client.send(new GetObjectCommand({ Bucket: 'photos', Key: 'a b' }));
    expect(await Body?.transformToString()).toBe('body of a b');
  });

  it('tells how far it is, to programs and to people', async () => {
    const status = await storageJson('status', 'photos');
    expect(status).toMatchObject({
      bucket: 'photos',
      org: 'acme',
      backend: 'local-disk',
      public: false,
      shadow: { name: 'legacy-photos', endpoint: legacy.url, write_through: false, delete: 'both' },
      migration: {
        state: 'migrating',
        objects_total: 3,
        objects_done: 1,
        remaining: 2,
        failed: 0,
        exact: true,
        problem: null,
      },
    });
    expect(JSON.stringify(status)).not.toContain(ROOT.secretAccessKey);
    const { stdout } = await storage(['status', 'photos']);
    expect(stdout).toContain('1 of 3 objects (33 %)');
    expect(stdout).toContain('2 objects');
  });

  it('tells what copies could not keep', async () => {
    expect(await storageJson('status', 'photos')).toMatchObject({ losses: [] });
    expect(await storageJson('status', 'photos', '--losses')).toEqual({ losses: [] });
    expect((await storage(['status', 'photos', '--losses'])).stdout).toMatch(/^AT +WHAT +WHY +KEY\n$/);
  });

  it('keeps its shadow while something would be lost', async () => {
    const { code, stdout, stderr } = await storage(['update', 'photos', '--clear-shadow']);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toBe(
      'error: only the shadow has 2 objects: "photos/ü.jpg", "z"; copy what is left first, or force\n',
    );
    expect((await storageJson('status', 'photos')).shadow).not.toBeNull();
  });

  it('is swept, and then the shadow can go', async () => {
    expect((await storage(['sweep', 'photos', 'start'])).code).toBe(0);
    await expect
      .poll(() => storageJson('sweep', 'photos', 'status'), { timeout: 20_000 })
      .toMatchObject({
        state: 'done',
        objects_copied: 2,
        failed: 0,
      });
    const cleared = await storageJson('update', 'photos', '--clear-shadow');
    expect(cleared).toMatchObject({ shadow: null, migration: { state: 'none' } });
    const { Body } = await client.send(new GetObjectCommand({ Bucket: 'photos', Key: 'z' }));
    expect(await Body?.transformToString()).toBe('body of z');
  });

  it('is public only while it is said to be', async () => {
    const anonymous = async () => (await fetch(`${gateway.url}/photos/z`)).status;
    expect(await anonymous()).toBe(403);
    expect((await storageJson('update', 'photos', '--public')).public).toBe(true);
    expect(await anonymous()).toBe(200);
    expect((await storageJson('update', 'photos', '--private')).public).toBe(false);
    expect(await anonymous()).toBe(403);
  });

  it('is listed, also by organization, by both executables', async () => {
    expect(await bucketNames()).toEqual(['photos']);
    const env = session();
    const { stdout } = await penumbra(['ls', '-o', 'acme'], { env, bin: 'storage.js' });
    expect(stdout).toMatch(/^NAME +ORG .*\nphotos +acme /);
    const nobody = await penumbra(['ls', '-o', 'nobody', '--json'], { env, bin: 'storage.js' });
    expect(JSON.parse(nobody.stdout)).toEqual({ buckets: [] });
  });

  it('is destroyed only when it is empty, and only when that was meant', async () => {
    expect((await storage(['destroy', 'photos'])).code).toBe(2);
    expect((await storage(['destroy', 'photos', '-y'])).code).toBe(1);
    expect(await bucketNames()).toEqual(['photos']);
    for (const Key of OBJECTS) await client.send(new DeleteObjectCommand({ Bucket: 'photos', Key }));
    expect((await storage(['destroy', 'photos', '-y'])).stdout).toBe('destroyed bucket photos\n');
    expect(await bucketNames()).toEqual([]);
    await expect(client.send(new GetObjectCommand({ Bucket: 'photos', Key: 'z' }))).rejects.toThrow();
    client.destroy();
  });
});

describe('a shadow that cannot be used is refused with the reason, and nothing is saved', () => {
  it.each([
    ['nothing listens', { '--shadow-endpoint': 'http://127.0.0.1:1' }, 'connect ECONNREFUSED 127.0.0.1:1'],
    ['the access key is unknown', { '--shadow-access-key': 'NOBODY' }, 'InvalidAccessKeyId'],
    ['the secret key is wrong', { '--shadow-secret-key': 'wrong' }, 'SignatureDoesNotMatch'],
    ['the bucket is not there', { '--shadow-name': 'nothing' }, 'shadow has no such bucket: "nothing"'],
  ])('%s', async (_, change, reason) => {
    const { code, stdout, stderr } = await storage(['create', '-n', 'refused', ...shadowFlags(change)]);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^error: shadow [^\n]+\n$/);
    expect(stderr).toContain(reason);
    expect(await bucketNames()).toEqual([]);
  });

  it('it is the bucket itself', async () => {
    const created = await storageJson('create', '-n', 'ouroboros');
    const change = {
      '--shadow-name': 'ouroboros',
      '--shadow-endpoint': gateway.url,
      '--shadow-access-key': created.access_key_id,
      '--shadow-secret-key': created.secret_access_key,
    };
    const { code, stderr } = await storage(['update', 'ouroboros', ...shadowFlags(change)]);
    expect(code).toBe(1);
    expect(stderr).toContain('shadow is the target itself');
    expect((await storageJson('status', 'ouroboros')).shadow).toBeNull();
    expect((await storage(['destroy', 'ouroboros', '-y'])).code).toBe(0);
  });
});

describe('access keys', () => {
  it('work until they are revoked', async () => {
    const env = session();
    const keys = async (...args: string[]) =>
      JSON.parse((await penumbra(['keys', ...args, '--json'], { env })).stdout);
    await storageJson('create', '-n', 'keyed');
    const key = await keys('create', 'keyed', '--role', 'editor');
    const client = clientOf(gateway.url, {
      accessKeyId: key.access_key_id,
      secretAccessKey: key.secret_access_key,
    });
    const put = () => client.send(new PutObjectCommand({ Bucket: 'keyed', Key: 'k', Body: 'v' }));
    await put();
    const { keys: listed } = await keys('list', 'keyed');
    expect(listed.map(({ role }: { role: string }) => role).sort()).toEqual(['admin', 'editor']);
    await keys('revoke', key.access_key_id);
    await expect(put()).rejects.toThrow(expect.objectContaining({ name: 'InvalidAccessKeyId' }));
    client.destroy();
  });
});

describe('login', () => {
  it('keeps a session that only its owner can read, for the commands that follow', async () => {
    const env = { XDG_CONFIG_HOME: join(folder, 'config'), PENUMBRA_URL: gateway.url };
    expect((await penumbra(['storage', 'list'], { env })).code).toBe(1);
    const wrong = await penumbra(['login'], { env, input: 'wrong\n' });
    expect([wrong.code, wrong.stderr]).toEqual([1, 'error: the password is wrong\n']);
    const right = await penumbra(['login', '--url', gateway.url], { env, input: `${PASSWORD}\n` });
    expect([right.code, right.stdout]).toEqual([0, `logged in to ${gateway.url}\n`]);
    const { mode } = await stat(join(folder, 'config', 'penumbra', 'sessions.json'));
    expect(mode & 0o777).toBe(0o600);
    expect((await penumbra(['storage', 'list'], { env })).code).toBe(0);
  });
});

describe('serve', () => {
  it('makes a password on its first start and tells it once', async () => {
    const data = join(folder, 'fresh');
    const first = await startPenumbra(data);
    const password = /^admin password: (\S+)$/m.exec(first.output())?.[1] ?? '';
    const env = { PENUMBRA_URL: first.url, PENUMBRA_ADMIN_PASSWORD: password };
    expect((await penumbra(['storage', 'list'], { env })).code).toBe(0);
    expect(await first.stop()).toBe(0);
    const second = await startPenumbra(data);
    expect(second.output()).not.toContain('admin password');
    const list = await penumbra(['storage', 'list'], { env: { ...env, PENUMBRA_URL: second.url } });
    expect(list.code).toBe(0);
    await second.stop();
  });

  it.each([
    ['a port that is none', ['--port', 'abc']],
    ['an address that is none', ['--public-url', 'localhost']],
    ['a file that is not there', ['--config', '/nonexistent/penumbra.yaml']],
  ])('refuses %s with one line', async (_, flags) => {
    const { code, stdout, stderr } = await penumbra(['serve', ...flags, '--data', join(folder, 'none')]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^error: [^\n]+\n$/);
  });
});
