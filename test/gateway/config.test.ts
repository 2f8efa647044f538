import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ConfigFlags, loadConfig } from '../../src/gateway/config.js';
import { ConfigError } from '../../src/gateway/config-file.js';
import { readEnvironment, type Variables } from '../../src/system/environment.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'penumbra-config-'));
});

afterAll(() => rm(folder, { recursive: true }));

function load(flags: ConfigFlags = {}, variables: Variables = {}) {
  return loadConfig({ flags, environment: readEnvironment(variables), cwd: '/srv/here' });
}

async function loadYaml(yaml: string, variables: Variables = {}, flags: ConfigFlags = {}) {
  const config = join(folder, 'penumbra.yaml');
  await writeFile(config, yaml);
  return load({ ...flags, config }, variables);
}

const remoteBackend = `
storage:
  default_backend: cloud
  backends:
    - { name: disk, type: filesystem, path: objects }
    - name: cloud
      type: s3
      endpoint: https://s3.example.com
      access_key_id: AKIDEXAMPLE
      secret_access_key: \${env:CLOUD_SECRET}
`;

describe('without a file', () => {
  test('one local disk under the data folder is the default', async () => {
    expect(await load()).toMatchObject({
      host: '127.0.0.1',
      port: 9000,
      data: '/srv/here/data',
      defaultBackend: 'local-disk',
      backends: [{ name: 'local-disk', type: 'filesystem', path: '/srv/here/data/buckets' }],
    });
  });

  test('flags win over the environment', async () => {
    const variables = { PENUMBRA_PORT: '9001', PENUMBRA_HOST: '0.0.0.0', PENUMBRA_DATA: 'elsewhere' };
    const config = await load({ port: '9002' }, variables);
    expect(config).toMatchObject({ port: 9002, host: '0.0.0.0', data: '/srv/here/elsewhere' });
  });

  test('a token for the metrics has no blanks, and is not told where it is refused', async () => {
    expect(
      (await load({ metricsToken: 'of-flag' }, { PENUMBRA_METRICS_TOKEN: 'of-variable' })).metricsToken,
    ).toBe('of-flag');
    await expect(load({}, { PENUMBRA_METRICS_TOKEN: 'two words' })).rejects.toThrow(
      'configuration: metrics_token: must be text without blanks',
    );
  });

  test.each([
    [{}, undefined],
    [{ OTEL_SERVICE_NAME: 'photos' }, undefined],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }, { keys: false }],
    [
      { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://collector:4318/v1/traces', PENUMBRA_TRACE_KEYS: 'true' },
      { keys: true },
    ],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318', OTEL_SDK_DISABLED: 'true' }, undefined],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318', OTEL_TRACES_EXPORTER: 'none' }, undefined],
  ])('with the variables %j of OpenTelemetry traces are %j', async (variables, tracing) => {
    expect((await load({}, variables)).tracing).toEqual(tracing);
  });

  test('an empty variable counts as not set', async () => {
    expect((await load({}, { PENUMBRA_REDIS: '' })).redis).toBeUndefined();
  });

  test.each([
    [{ port: 'http' }, 'configuration: port: "http" must be a number from 0 to 65535'],
    [{ port: '70000' }, 'configuration: port: "70000" must be a number from 0 to 65535'],
    [{ port: '' }, 'configuration: port: "" must be a number'],
    [{ metricsPort: '-1' }, 'configuration: metrics_port: "-1" must be a number from 0 to 65535'],
    [{ workers: '0' }, 'configuration: workers: "0" must be a number from 1 to 64'],
    [{ workers: '65' }, 'configuration: workers: "65" must be a number from 1 to 64'],
    [{ workers: '1.5' }, 'configuration: workers: "1.5" must be a number from 1 to 64'],
    [{ redis: 'localhost:6379' }, 'configuration: redis: must be a redis:// or rediss:// URL'],
    [
      { publicUrl: 'penumbra.example.com' },
      'configuration: public_url: "penumbra.example.com" must be an http:// or https:// URL',
    ],
  ])('%o is refused by name', async (flags, message) => {
    await expect(load(flags)).rejects.toThrow(message);
  });

  test('a domain that is no host name is refused by name', async () => {
    const message = 'configuration: domain: "http://x" must be a host name without a port';
    await expect(load({}, { PENUMBRA_DOMAIN: 'http://x' })).rejects.toThrow(message);
  });

  test('half a root key is refused', async () => {
    const variables = { PENUMBRA_ROOT_ACCESS_KEY_ID: 'root' };
    await expect(load({}, variables)).rejects.toThrow('PENUMBRA_ROOT_SECRET_ACCESS_KEY must be set both');
  });
});

describe('with a file', () => {
  test('backends are read, paths are relative to the file and variables filled in', async () => {
    const config = await loadYaml(remoteBackend, { CLOUD_SECRET: 'hush' });
    expect(config.defaultBackend).toBe('cloud');
    expect(config.backends).toEqual([
      { name: 'disk', type: 'filesystem', path: join(folder, 'objects') },
      {
        name: 'cloud',
        type: 's3',
        endpoint: 'https://s3.example.com',
        region: 'us-east-1',
        forcePathStyle: true,
        accessKeyId: 'AKIDEXAMPLE',
        secretAccessKey: 'hush',
      },
    ]);
  });

  test('a variable can fill a number, and the environment wins over the file', async () => {
    const yaml = `port: \${env:THE_PORT}\nhost: 10.0.0.1\ndata: state\n`;
    const config = await loadYaml(yaml, { THE_PORT: '8080', PENUMBRA_HOST: '10.0.0.2' });
    expect(config).toMatchObject({ port: 8080, host: '10.0.0.2', data: join(folder, 'state') });
  });

  test('a missing variable is named with its setting', async () => {
    await expect(loadYaml(remoteBackend)).rejects.toThrow(
      'storage.backends[1].secret_access_key: environment variable CLOUD_SECRET is not set',
    );
  });

  test.each([
    ['prot: 9000', 'Unrecognized key: "prot"'],
    [
      'storage: { backends: [{ name: a, type: filesystem, path: x, pth: y }] }',
      'storage.backends[0]: Unrecognized key: "pth"',
    ],
    [
      'storage: { backends: [{ name: a, type: ftp, secret_access_key: hush }] }',
      /storage\.backends\[0\]\.type: must be filesystem or s3$/,
    ],
    ['storage: { backends: [] }', 'storage.backends: must have a backend'],
    [
      'storage: { backends: [{ name: a, type: s3, endpoint: "http://x", access_key_id: k }] }',
      'storage.backends[0].secret_access_key: is missing: it must be the secret access key',
    ],
    [
      'storage: { backends: [{ name: a, type: filesystem, path: x }, { name: b, type: filesystem, path: ./x }] }',
      'storage.backends: "x" is declared twice',
    ],
    [
      'storage: { default_backend: b, backends: [{ name: a, type: filesystem, path: x }] }',
      'storage.default_backend: "b" is not one of the backends: a',
    ],
    [
      'storage: { backends: [{ name: a, type: filesystem, path: x }, { name: a, type: filesystem, path: y }] }',
      'storage.backends: "a" is declared twice',
    ],
    ['a: [', /not YAML: .* at line 1, column \d+$/],
  ])('%s is refused by name', async (yaml, message) => {
    await expect(loadYaml(yaml)).rejects.toThrow(message);
  });

  test('everything that is wrong is told at once, each by its setting', async () => {
    const yaml = `port: http
hst: 10.0.0.1
times: { idle_ms: 0 }
storage:
  default_backend: tape
  backends:
    - { name: a, type: filesystem, path: 5 }
    - { name: a, type: s3, endpoint: cloud, access_key_id: k, secret_access_key: '\${env:MISSING}' }
`;
    const variables = { PENUMBRA_ROOT_ACCESS_KEY_ID: 'root', PENUMBRA_MASTER_KEY: 'short' };
    const error = await loadYaml(yaml, variables).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigError);
    const { problems } = error as ConfigError;
    const file = join(folder, 'penumbra.yaml');
    expect([...problems].sort()).toEqual(
      [
        `${file}: Unrecognized key: "hst"`,
        `${file}: storage.backends[0].path: 5 must be the folder of the buckets`,
        `${file}: storage.backends[1].endpoint: "cloud" must be an http:// or https:// URL`,
        `${file}: storage.backends[1].secret_access_key: environment variable MISSING is not set`,
        `${file}: storage.backends: "a" is declared twice`,
        `${file}: storage.default_backend: "tape" is not one of the backends: a, a`,
        `${file}: times.idle_ms: 0 must be a whole number of milliseconds from 1 to 86400000`,
        'PENUMBRA_MASTER_KEY must be 32 bytes in base64 (44 characters, as of `openssl rand -base64 32`)',
        'PENUMBRA_ROOT_ACCESS_KEY_ID and PENUMBRA_ROOT_SECRET_ACCESS_KEY must be set both or not at all',
        'configuration: port: "http" must be a number from 0 to 65535',
      ].sort(),
    );
  });

  describe('encryption', () => {
    const KEY = 'ab'.repeat(32);
    const withEncryption = async (encryption: string, variables: Variables = {}) => {
      const backend = `{ name: a, type: filesystem, path: x, encryption: ${encryption} }`;
      return (await loadYaml(`storage: { backends: [${backend}] }`, variables)).backends[0]?.encryption;
    };

    test('has its keys in base64 or hexadecimal, and those of before', async () => {
      const previous = `[{ key_id: k1, key: "${Buffer.alloc(32, 7).toString('base64')}" }]`;
      const yaml = `{ mode: aes256-gcm, key_id: k2, key: "\${env:KEY}", previous: ${previous} }`;
      expect(await withEncryption(yaml, { KEY })).toEqual({
        mode: 'aes256-gcm',
        keyId: 'k2',
        key: Buffer.from(KEY, 'hex').toString('base64'),
        previous: [{ keyId: 'k1', key: Buffer.alloc(32, 7).toString('base64') }],
        strict: false,
      });
    });

    test("is the backend's own where it is told so", async () => {
      expect(await withEncryption('{ mode: sse-s3 }')).toEqual({ mode: 'sse-s3' });
      expect(await withEncryption('{ mode: sse-kms, key_id: alias/x }')).toEqual({
        mode: 'sse-kms',
        keyId: 'alias/x',
      });
      expect(await withEncryption('{ mode: none }')).toEqual({ mode: 'none' });
    });

    const SHORT = 'cd'.repeat(31);

    test.each([
      [
        '{ mode: rot13 }',
        'storage.backends[0].encryption.mode: mode must be none, aes256-gcm, sse-s3 or sse-kms',
      ],
      ['{ mode: none, key: x }', 'storage.backends[0].encryption: Unrecognized key: "key"'],
      [`{ mode: aes256-gcm, key: ${KEY} }`, 'encryption.key_id: is missing: it must be the name of the key'],
      [
        '{ mode: aes256-gcm, key_id: k }',
        'encryption.key: is missing: it must be 32 bytes in base64 or hexadecimal',
      ],
      [
        `{ mode: aes256-gcm, key_id: k, key: ${SHORT} }`,
        'encryption.key: must be 32 bytes in base64 or hexadecimal',
      ],
      [
        `{ mode: aes256-gcm, key_id: "a b", key: ${KEY} }`,
        'encryption.key_id: "a b" must be 1 to 64 letters',
      ],
      [
        `{ mode: aes256-gcm, key_id: k, key: ${KEY}, previous: [{ key_id: k, key: ${KEY} }] }`,
        'encryption.previous: "k" is the name of two keys',
      ],
    ])('%s is refused by name, and no key is shown', async (yaml, message) => {
      const refusal = await withEncryption(yaml).catch((error: Error) => error.message);
      expect(refusal).toContain(message);
      expect(refusal).not.toMatch(/abab|cdcd/);
    });
  });

  test('workers are one unless flag, environment or file says more', async () => {
    const variables = { PENUMBRA_WORKERS: '3' };
    const workers = async (...sources: Parameters<typeof loadYaml>) => (await loadYaml(...sources)).workers;
    expect(await workers('')).toBe(1);
    expect(await workers('workers: 2')).toBe(2);
    expect(await workers('workers: 2', variables)).toBe(3);
    expect(await workers('workers: 2', variables, { workers: '4' })).toBe(4);
  });

  test('times are those of the file, and the usual ones where it has none', async () => {
    const usual = {
      connectMs: 5_000,
      firstByteMs: 60_000,
      idleMs: 60_000,
      leaseMs: 180_000,
      readLeaseMs: 43_200_000,
      marginMs: 30_000,
    };
    expect((await loadYaml('')).times).toEqual(usual);
    const { times } = await loadYaml('times: { first_byte_ms: 30000, lease_ms: 100000 }');
    expect(times).toEqual({ ...usual, firstByteMs: 30_000, leaseMs: 100_000 });
  });

  test.each([
    [
      'times: { lease_ms: 159999 }',
      /: times\.lease_ms: 159999 must be at least 160000: 2 x 65000 \(connect_ms \+ first_byte_ms\) \+ 30000 \(margin_ms\)$/,
    ],
    ['times: { first_byte_ms: 600000 }', 'times.lease_ms: 180000 must be at least 1240000'],
    ['times: { margin_ms: 60000 }', 'times.lease_ms: 180000 must be at least 190000'],
    ['times: { idle_ms: 0 }', 'times.idle_ms: 0 must be a whole number of milliseconds from 1 to 86400000'],
    ['times: { margin_ms: 0 }', 'times.margin_ms: 0 must be a whole number of milliseconds from 2000 to'],
    ['times: { connect_ms: 1.5 }', 'times.connect_ms: 1.5 must be a whole number of milliseconds'],
    ['times: { connect_ms: 5s }', 'times.connect_ms: "5s" must be a whole number of milliseconds'],
    ['times: { lease: 180000 }', 'times: Unrecognized key: "lease"'],
  ])('%s is refused: a lease outlasts two requests and the margin', async (yaml, message) => {
    await expect(loadYaml(yaml)).rejects.toThrow(message);
  });

  test('an empty file changes nothing, a missing one is an error', async () => {
    expect(await loadYaml('')).toMatchObject({ port: 9000 });
    await expect(load({ config: '/nowhere.yaml' })).rejects.toThrow(
      /cannot be read: ENOENT.*\/nowhere\.yaml/,
    );
  });
});

describe('TLS', () => {
  test('has its files relative to where they are named, each by itself', async () => {
    const yaml = 'tls: { cert: tls/cert.pem, key: /etc/tls/key.pem }';
    const inFile = { cert: join(folder, 'tls/cert.pem'), key: '/etc/tls/key.pem' };
    expect((await loadYaml(yaml)).tls).toEqual(inFile);
    const variables = { PENUMBRA_TLS_CERT: 'other.pem', PENUMBRA_TLS_KEY: 'other.key' };
    expect((await loadYaml(yaml, variables)).tls).toEqual({
      cert: '/srv/here/other.pem',
      key: '/srv/here/other.key',
    });
    expect((await loadYaml(yaml, {}, { tlsCert: 'flag.pem' })).tls).toEqual({
      ...inFile,
      cert: '/srv/here/flag.pem',
    });
    expect((await load()).tls).toBeUndefined();
  });

  test('needs both', async () => {
    await expect(load({ tlsCert: 'cert.pem' })).rejects.toThrow('tls.key (--tls-key) is not set');
    await expect(loadYaml('tls: { key: key.pem }')).rejects.toThrow('tls.cert (--tls-cert) is not set');
  });
});

describe('the log', () => {
  test('tells of every request, keys and all, in the format that fits, unless set otherwise', async () => {
    expect(await load()).toMatchObject({ accessLog: 'all', logKeys: 'on' });
    expect((await load()).logFormat).toBeUndefined();
    const yaml = 'access_log: errors\nlog_keys: off\nlog_format: json';
    expect(await loadYaml(yaml, { PENUMBRA_LOG_KEYS: 'on' }, { accessLog: 'off' })).toMatchObject({
      accessLog: 'off',
      logKeys: 'on',
      logFormat: 'json',
    });
    await expect(load({ accessLog: 'some' })).rejects.toThrow(
      'access_log: "some" must be one of off, errors, all',
    );
  });
});
