import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { runCli } from '../support/cli.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const SECRETS = [
  'SECRET-OF-CLOUD',
  'ID-OF-CLOUD',
  'redis-password',
  'root-secret',
  'admin-password',
  '0707',
  'BwcHBw',
  '0808',
  'CAgI',
  'metrics-token',
];

const FILE = `host: 0.0.0.0
tls: { cert: cert.pem, key: key.pem }
redis: redis://penumbra:redis-password@redis.internal:6379/2
storage:
  default_backend: cloud
  backends:
    - { name: disk, type: filesystem, path: objects }
    - name: cloud
      type: s3
      endpoint: https://s3.example.com
      access_key_id: ID-OF-CLOUD
      secret_access_key: \${env:CLOUD_SECRET}
      encryption:
        mode: aes256-gcm
        key_id: new
        key: '${'07'.repeat(32)}'
        previous: [{ key_id: old, key: '${'08'.repeat(32)}' }]
`;

const ENV = {
  CLOUD_SECRET: 'SECRET-OF-CLOUD',
  PENUMBRA_PORT: '9123',
  PENUMBRA_ROOT_ACCESS_KEY_ID: 'root',
  PENUMBRA_ROOT_SECRET_ACCESS_KEY: 'root-secret',
  PENUMBRA_ADMIN_PASSWORD: 'admin-password',
  PENUMBRA_METRICS_TOKEN: 'metrics-token',
};

async function fileWith(yaml: string): Promise<string> {
  const path = join(await temporaryFolder(), 'penumbra.yaml');
  await writeFile(path, yaml);
  return path;
}

describe('config check', () => {
  it('says nothing against a configuration that is in order', async () => {
    const file = await fileWith(FILE);
    expect(await runCli(['config', 'check', '--config', file], { env: ENV })).toEqual({
      code: 0,
      stdout: 'the configuration is in order\n',
      stderr: '',
    });
    expect((await runCli(['config', 'check'])).code).toBe(0);
  });

  it('tells all problems in one run, a line for each, and never a secret', async () => {
    const file = await fileWith(
      `${FILE}    - { name: tape, type: tape, secret_access_key: SECRET-OF-CLOUD }\n`,
    );
    const env = { PENUMBRA_CONFIG: file, PENUMBRA_WORKERS: '0' };
    const { code, stdout, stderr } = await runCli(['config', 'check'], { env });
    expect(stdout.trimEnd().split('\n')).toEqual([
      `${file}: storage.backends[1].secret_access_key: environment variable CLOUD_SECRET is not set`,
      `${file}: storage.backends[2].type: must be filesystem or s3`,
      'configuration: workers: "0" must be a number from 1 to 64',
    ]);
    expect([code, stderr]).toEqual([1, 'error: the configuration has 3 problems\n']);
    const asJson = await runCli(['config', 'check', '--json'], { env });
    expect(JSON.parse(asJson.stdout).problems).toHaveLength(3);
  });

  it('tells of a file that is not there', async () => {
    const { code, stdout } = await runCli(['config', 'check', '--config', '/nowhere.yaml']);
    expect([code, stdout]).toEqual([
      1,
      expect.stringMatching(/^configuration file cannot be read: ENOENT.*nowhere/),
    ]);
  });
});

describe('config print', () => {
  it('prints what a gateway would run with, defaults and all, and no secret', async () => {
    const file = await fileWith(FILE);
    const { code, stdout } = await runCli(['config', 'print', '--config', file], { env: ENV });
    expect(code).toBe(0);
    for (const secret of SECRETS) expect(stdout).not.toContain(secret);
    expect(parse(stdout)).toMatchObject({
      host: '0.0.0.0',
      port: 9123,
      redis: 'redis://(redacted)@redis.internal:6379/2',
      workers: 1,
      metrics_token: '(redacted)',
      tls: { cert: join(file, '..', 'cert.pem'), key: join(file, '..', 'key.pem') },
      storage: {
        default_backend: 'cloud',
        backends: [
          { name: 'disk', type: 'filesystem', path: join(file, '..', 'objects') },
          {
            name: 'cloud',
            type: 's3',
            endpoint: 'https://s3.example.com',
            region: 'us-east-1',
            force_path_style: true,
            access_key_id: '(redacted)',
            secret_access_key: '(redacted)',
            encryption: {
              mode: 'aes256-gcm',
              key_id: 'new',
              key: '(redacted)',
              previous: [{ key_id: 'old', key: '(redacted)' }],
              strict: false,
            },
          },
        ],
      },
      times: { connect_ms: 5_000, lease_ms: 180_000, read_lease_ms: 43_200_000 },
      jobs: { drain_ms: 60_000 },
    });
    expect(stdout).toContain('# root key: set\n# admin password: set\n');
  });

  it('prints a file that says the same when it is read', async () => {
    const first = await runCli(['config', 'print']);
    const file = await fileWith(first.stdout);
    expect((await runCli(['config', 'print', '--config', file])).stdout).toBe(first.stdout);
  });

  it('prints nothing of a configuration that is not in order', async () => {
    const { code, stdout, stderr } = await runCli(['config', 'print'], { env: { PENUMBRA_PORT: 'x' } });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('configuration: port: "x" must be a number from 0 to 65535\nerror: ');
  });
});
