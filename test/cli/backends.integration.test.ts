import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT, startTestGateway, type TestGateway } from '../gateway/harness.js';
import { type CliOptions, runCli } from '../support/cli.js';

let gateway: TestGateway;
/** What is added as a backend. */
let store: TestGateway;

beforeAll(async () => {
  [gateway, store] = await Promise.all([startTestGateway(), startTestGateway()]);
});

afterAll(() => Promise.all([gateway?.close(), store?.close()]));

const backends = (args: string, { env, ...options }: CliOptions = {}) =>
  runCli(['storage', 'backends', ...args.split(' ')], {
    env: { PENUMBRA_URL: gateway.url, PENUMBRA_ADMIN_PASSWORD: 'open sesame', ...env },
    ...options,
  });

const rows = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => line.trim().split(/ {2,}/));

describe('storage backends', () => {
  it('adds one whose secret key comes from stdin, and tells what it can do', async () => {
    const { code, stdout, stderr } = await backends(
      `add cloud --endpoint ${store.url} --region eu-1 --access-key ${ROOT.accessKeyId}`,
      { input: `${ROOT.secretAccessKey}\n` },
    );
    expect([code, stderr]).toEqual([0, '']);
    expect(rows(stdout).slice(0, 4)).toEqual([
      ['added backend cloud'],
      ['reachable', 'yes'],
      ['credentials', 'yes'],
      ['list buckets', 'yes'],
    ]);
    expect(rows((await backends('list')).stdout)).toEqual([
      ['NAME', 'TYPE', 'PLACE', 'ENCRYPTION', 'FROM', 'DEFAULT'],
      ['main', 'memory', '-', 'none', 'configuration', 'yes'],
      ['other', 'memory', '-', 'none', 'configuration'],
      ['cloud', 's3', store.url, 'none', 'added'],
    ]);
  });

  it('adds one that is encrypted, whose key is in the environment', async () => {
    const env = {
      PENUMBRA_BACKEND_SECRET_KEY: ROOT.secretAccessKey,
      PENUMBRA_BACKEND_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
    };
    const flags = `--endpoint ${store.url} --access-key ${ROOT.accessKeyId} --encryption aes256-gcm`;
    const unnamed = await backends(`add vault ${flags}`, { env });
    expect([unnamed.code, unnamed.stderr]).toEqual([
      1,
      'error: encryption.key_id is missing: it must be the name of the key\n',
    ]);
    const { code, stdout } = await backends(`add vault ${flags} --encryption-key-id k1 --json`, { env });
    expect([code, JSON.parse(stdout)]).toMatchObject([
      0,
      { encryption: { mode: 'aes256-gcm', key_id: 'k1' }, probe: { ok: true } },
    ]);
    expect(stdout).not.toContain(env.PENUMBRA_BACKEND_ENCRYPTION_KEY);
    expect((await backends('remove vault -y')).code).toBe(0);
  });

  it('tries it, and says so when it cannot be used', async () => {
    const probed = await backends('probe cloud --json');
    expect([probed.code, JSON.parse(probed.stdout)]).toMatchObject([0, { backend: 'cloud', ok: true }]);
    const env = { PENUMBRA_BACKEND_ACCESS_KEY: ROOT.accessKeyId, PENUMBRA_BACKEND_SECRET_KEY: 'wrong' };
    const endpoint = `--endpoint ${store.url}`;
    const refused = await backends(`add bad ${endpoint}`, { env });
    expect([refused.code, refused.stdout, refused.stderr]).toEqual([
      1,
      '',
      'error: backend "bad" cannot be used: credentials: SignatureDoesNotMatch\n',
    ]);
    expect((await backends(`add bad ${endpoint} --no-probe`, { env })).stdout).toBe('added backend bad\n');
    const later = await backends('probe bad');
    expect([later.code, later.stderr]).toEqual([1, 'error: backend bad cannot be used\n']);
    expect(rows(later.stdout)).toContainEqual(['credentials', 'no', 'SignatureDoesNotMatch']);
    expect((await backends('remove bad -y')).stdout).toBe('removed backend bad\n');
  });

  it('gives it another key pair', async () => {
    const options = { input: ROOT.secretAccessKey };
    const { code, stdout } = await backends(`update cloud --access-key ${ROOT.accessKeyId}`, options);
    expect([code, rows(stdout).slice(0, 2)]).toEqual([
      0,
      [['changed the keys of backend cloud'], ['reachable', 'yes']],
    ]);
    expect((await backends('update cloud --access-key k', { input: 'wrong' })).stderr).toBe(
      'error: backend "cloud" cannot be used: credentials: InvalidAccessKeyId\n',
    );
    expect((await backends('update cloud')).code).toBe(2);
  });

  it('removes it only where nothing uses it, and only when that was meant', async () => {
    await gateway.createBucket('photos', { backend: 'cloud' });
    expect((await backends('remove cloud')).code).toBe(2);
    expect((await backends('remove cloud -y')).stderr).toBe(
      'error: backend "cloud" is used: it is the target of bucket "photos"\n',
    );
    expect((await backends('remove main -y')).stderr).toContain('stands in the configuration file');
    await gateway.admin('DELETE', '/buckets/photos');
    expect((await backends('remove cloud -y')).code).toBe(0);
  });

  it.each([
    ['neither endpoint nor folder', 'add a', '--endpoint, or --path'],
    ['both', 'add a --path /x --region r', '--path stands alone'],
    ['no access key', 'add a --endpoint http://x', '--access-key (or PENUMBRA_BACKEND_ACCESS_KEY)'],
    ['no secret key', 'add a --endpoint http://x --access-key k', 'Secret access key of a expected on stdin'],
    [
      'no encryption key',
      'add a --path /x --encryption aes256-gcm --encryption-key-id k',
      'needs PENUMBRA_BACKEND_ENCRYPTION_KEY',
    ],
    [
      'a key for nothing',
      'add a --path /x --encryption-key-id k',
      '--encryption-key-id goes with --encryption',
    ],
    ['a secret key that others could see', 'add a --secret-key s', "unknown option '--secret-key'"],
  ])('refuses %s', async (_, args, message) => {
    const { code, stderr } = await backends(args);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });
});
