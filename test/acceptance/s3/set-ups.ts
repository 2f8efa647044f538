import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Account } from '../../support/bucket-client.js';
import { runCli } from '../../support/cli.js';
import { type PenumbraServer, startPenumbra } from '../../support/penumbra.js';
import { sharedRgw } from '../../support/shared-rgw.js';
import { S3Http } from './s3-http.js';
import { createPlainBucket, type StageOptions } from './stage.js';

/** Where the suite runs: an object gateway itself, the same through Penumbra, and Penumbra's own store, in the clear and encrypted. */
export const SET_UPS = ['rgw', 'penumbra', 'empty-shadow', 'shadow-only', 'filesystem', 'encrypted'] as const;

export type SetUpName = (typeof SET_UPS)[number];

export interface SetUp extends StageOptions {
  close(): Promise<void>;
}

const PASSWORD = 'password-of-the-suite';
const ROOT = { accessKeyId: 'SUITEROOT', secretAccessKey: 'suite-root-secret' };

export const openSetUp: Readonly<Record<SetUpName, () => Promise<SetUp>>> = {
  async rgw() {
    const http = new S3Http(await sharedRgw());
    return {
      http,
      createBucket: (name) => createPlainBucket(http, name),
      close: async () => http.close(),
    };
  },
  penumbra: async () => plainGateway(onRgw(await sharedRgw())),
  filesystem: () => plainGateway(),
  encrypted: () => plainGateway(encrypted),
  'empty-shadow': () => movingGateway('target'),
  'shadow-only': () => movingGateway('shadow'),
};

interface Gateway extends PenumbraServer {
  readonly http: S3Http;
  readonly folder: string;
  close(): Promise<void>;
}

/** Writes what a gateway stands on into a folder, and tells the variables that lead there. */
type Ground = (folder: string) => Promise<Record<string, string>>;

/** On a folder, unless there is other ground. */
async function startGateway(ground?: Ground): Promise<Gateway> {
  const folder = await mkdtemp(join(tmpdir(), 'penumbra-suite-'));
  const server = await startPenumbra(join(folder, 'data'), {
    PENUMBRA_ADMIN_PASSWORD: PASSWORD,
    PENUMBRA_LOG_LEVEL: 'warn',
    PENUMBRA_ROOT_ACCESS_KEY_ID: ROOT.accessKeyId,
    PENUMBRA_ROOT_SECRET_ACCESS_KEY: ROOT.secretAccessKey,
    ...(await ground?.(folder)),
  });
  const http = new S3Http({ endpoint: server.url, region: 'us-east-1', ...ROOT });
  return {
    ...server,
    http,
    folder,
    async close() {
      http.close();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const onRgw =
  (target: Account): Ground =>
  async (folder) => {
    const path = join(folder, 'penumbra.yaml');
    await writeFile(
      path,
      `storage:
  backends:
    - name: rgw
      type: s3
      endpoint: ${target.endpoint}
      access_key_id: ${target.accessKeyId}
      secret_access_key: \${env:RGW_SECRET}
`,
    );
    return { PENUMBRA_CONFIG: path, RGW_SECRET: target.secretAccessKey };
  };

const encrypted: Ground = async (folder) => {
  const path = join(folder, 'penumbra.yaml');
  await writeFile(
    path,
    `storage:
  backends:
    - name: vault
      type: filesystem
      path: ${join(folder, 'buckets')}
      encryption: { mode: aes256-gcm, key_id: k1, key: "\${env:VAULT_KEY}" }
`,
  );
  return { PENUMBRA_CONFIG: path, VAULT_KEY: randomBytes(32).toString('hex') };
};

async function plainGateway(ground?: Ground): Promise<SetUp> {
  const { http, close } = await startGateway(ground);
  return { http, createBucket: (name) => createPlainBucket(http, name), close };
}

/** Every bucket has a shadow, and the fixtures are in the one or in the other alone. */
async function movingGateway(fixturesIn: 'target' | 'shadow'): Promise<SetUp> {
  const rgw = await sharedRgw();
  const old = new S3Http(rgw);
  const { http, url, folder, close } = await startGateway(onRgw(rgw));
  const env = {
    PENUMBRA_URL: url,
    XDG_CONFIG_HOME: folder,
    PENUMBRA_SHADOW_ACCESS_KEY: rgw.accessKeyId,
    PENUMBRA_SHADOW_SECRET_KEY: rgw.secretAccessKey,
  };
  await runCli(['login'], { env, input: PASSWORD });
  const shadowFlags = ['--shadow-endpoint', rgw.endpoint, '--shadow-region', rgw.region];
  return {
    http,
    async createBucket(name) {
      const shadow = await createPlainBucket(old, `${name}-old`);
      const flags = ['-n', name, '--shadow-name', shadow.bucket, ...shadowFlags];
      const { code, stderr } = await runCli(['storage', 'create', ...flags], { env });
      if (code !== 0) throw new Error(stderr);
      return fixturesIn === 'shadow' ? shadow : { http, bucket: name };
    },
    async close() {
      old.close();
      await close();
    },
  };
}
