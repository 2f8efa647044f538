import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWith } from '../../support/describe-with.js';
import { readFolder, writeFolder } from '../../support/folder.js';
import { type PenumbraServer, startPenumbra } from '../../support/penumbra.js';
import { run } from '../../support/processes.js';
import { expectSame, succeed } from './half-migrated.js';

const KEYS = { AWS_ACCESS_KEY_ID: 'ROOT', AWS_SECRET_ACCESS_KEY: 'root-secret' };

const FILES = {
  empty: Buffer.alloc(0),
  'with space/small.txt': Buffer.from('small'),
  'chunks.bin': randomBytes(200_000),
  'parts.bin': randomBytes(18 * 1024 * 1024 + 1),
};

let server: PenumbraServer;
let folder: string;
let files: string;

/** What `client` has got back of FILES. */
async function expectFiles(local: string): Promise<void> {
  expectSame(await readFolder(local), FILES);
}

describeWith(['aws', 'rclone', 's3cmd'], 'clients of an encrypted backend', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'penumbra-clients-'));
    const config = join(folder, 'penumbra.yaml');
    const encryption = `{ mode: aes256-gcm, key_id: k1, key: ${randomBytes(32).toString('hex')} }`;
    const backend = `{ name: vault, type: filesystem, path: ${join(folder, 'buckets')}, encryption: ${encryption} }`;
    await writeFile(config, `storage: { backends: [${backend}] }\n`);
    server = await startPenumbra(join(folder, 'data'), {
      PENUMBRA_CONFIG: config,
      PENUMBRA_ROOT_ACCESS_KEY_ID: KEYS.AWS_ACCESS_KEY_ID,
      PENUMBRA_ROOT_SECRET_ACCESS_KEY: KEYS.AWS_SECRET_ACCESS_KEY,
    });
    files = join(folder, 'files');
    await writeFolder(files, FILES);
    await succeed(aws('mb', 's3://clients'));
  });
  afterAll(async () => {
    await server?.stop();
    await rm(folder, { recursive: true });
  });

  const aws = (...args: string[]) =>
    run('aws', ['--endpoint-url', server.url, 's3', ...args], {
      env: { ...KEYS, AWS_DEFAULT_REGION: 'us-east-1', AWS_EC2_METADATA_DISABLED: 'true' },
    });

  test('aws cli: up in parts and down again, copied, and nothing to sync', async () => {
    await succeed(aws('cp', '--recursive', '--no-progress', files, 's3://clients/aws/'));
    await succeed(aws('cp', '--recursive', '--no-progress', 's3://clients/aws/', 's3://clients/copied/'));
    const local = join(folder, 'aws');
    await succeed(aws('cp', '--recursive', '--no-progress', 's3://clients/copied/', local));
    await expectFiles(local);
    expect(await succeed(aws('sync', '--dryrun', files, 's3://clients/aws/'))).toBe('');
  });

  test('rclone, told of KMS: copy, check, and nothing to copy again', async () => {
    const env = {
      RCLONE_CONFIG: join(folder, 'none'),
      RCLONE_CONFIG_VAULT_TYPE: 's3',
      RCLONE_CONFIG_VAULT_PROVIDER: 'Other',
      RCLONE_CONFIG_VAULT_ENDPOINT: server.url,
      RCLONE_CONFIG_VAULT_ACCESS_KEY_ID: KEYS.AWS_ACCESS_KEY_ID,
      RCLONE_CONFIG_VAULT_SECRET_ACCESS_KEY: KEYS.AWS_SECRET_ACCESS_KEY,
      RCLONE_CONFIG_VAULT_SERVER_SIDE_ENCRYPTION: 'aws:kms',
      RCLONE_S3_UPLOAD_CUTOFF: '5M',
      RCLONE_S3_CHUNK_SIZE: '5M',
      AWS_CA_BUNDLE: undefined,
    };
    const rclone = (...args: string[]) => succeed(run('rclone', [...args, '--retries', '1'], { env }));
    await rclone('copy', files, 'vault:clients/rclone');
    await rclone('check', files, 'vault:clients/rclone');
    await rclone('check', '--download', files, 'vault:clients/rclone');
    const local = join(folder, 'rclone');
    await rclone('copy', 'vault:clients/rclone', local);
    await expectFiles(local);
  });

  test('s3cmd: put, get, and nothing to sync by size', async () => {
    const config = join(folder, 's3cfg');
    const { host } = new URL(server.url);
    const settings = {
      access_key: KEYS.AWS_ACCESS_KEY_ID,
      secret_key: KEYS.AWS_SECRET_ACCESS_KEY,
      host_base: host,
      host_bucket: host,
      use_https: 'False',
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}\n`);
    await writeFile(config, `[default]\n${lines.join('')}`);
    const s3cmd = (...args: string[]) =>
      succeed(run('s3cmd', ['--config', config, '--no-progress', ...args]));
    await s3cmd('sync', `${files}/`, 's3://clients/s3cmd/');
    const local = join(folder, 's3cmd');
    await mkdir(local);
    await s3cmd('get', '--recursive', 's3://clients/s3cmd/', `${local}/`);
    await expectFiles(local);
    const again = await s3cmd('sync', '--no-check-md5', '--dry-run', `${files}/`, 's3://clients/s3cmd/');
    expect(again).not.toContain('upload:');
  });
});
