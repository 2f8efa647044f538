import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { type Account, BucketClient } from '../support/bucket-client.js';
import { runCli } from '../support/cli.js';
import { describeWith } from '../support/describe-with.js';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.js';
import { type PenumbraServer, startPenumbra } from '../support/penumbra.js';
import { startRedis } from '../support/redis.js';
import type { Program } from '../support/requirements.js';
import { sharedRgw } from '../support/shared-rgw.js';

/** What a gateway stands on. */
export interface Scenario {
  readonly state: 'LMDB' | 'Redis';
  readonly target: 'disk' | 'RGW';
  readonly legacy: 'Penumbra' | 'RGW';
}

/** Every pair of them occurs. */
const SCENARIOS: readonly Scenario[] = [
  { state: 'LMDB', target: 'disk', legacy: 'RGW' },
  { state: 'Redis', target: 'disk', legacy: 'Penumbra' },
  { state: 'LMDB', target: 'RGW', legacy: 'Penumbra' },
  { state: 'Redis', target: 'RGW', legacy: 'RGW' },
];

export const PASSWORD = 'password-of-the-tests';

/** A bucket that is moving. */
export interface Move {
  /** As clients have it, through the gateway. */
  readonly bucket: BucketClient;
  /** The legacy bucket itself. */
  readonly old: BucketClient;
}

export interface World {
  readonly scenario: Scenario;
  readonly gateway: PenumbraServer;
  /** Starts one more gateway on the same state, target and data folder; what changes is added to its environment. */
  startAnother(env?: Readonly<Record<string, string>>): Promise<PenumbraServer>;
  /** The Redis that holds the state; undefined where it is embedded. */
  readonly redisUrl: string | undefined;
  /** The store that buckets move from. */
  readonly legacy: Account;
  /** Stands between the gateway and the legacy store. */
  readonly proxy: FaultProxy;
  /** `--shadow-*` flags that lead to the legacy store, through the proxy. */
  readonly shadowFlags: readonly string[];
  /** Runs a `storage` command and returns its JSON; throws what it says on stderr. */
  storage(...args: string[]): Promise<ReturnType<typeof JSON.parse>>;
  /** Makes a legacy bucket, has it filled, and creates the bucket that moves from it. */
  move(fill?: (old: BucketClient) => Promise<unknown>, ...flags: string[]): Promise<Move>;
  close(): Promise<void>;
}

export interface MovesOptions {
  /** Those scenarios alone. */
  readonly only?: (scenario: Scenario) => boolean;
  /** Programs that the tests need besides the scenario's servers. */
  readonly programs?: readonly Program[];
}

/** Declares the tests once for each scenario, with processes of its own. */
export function describeMoves(
  tests: (world: () => World) => void,
  { only = () => true, programs = [] }: MovesOptions = {},
): void {
  for (const scenario of SCENARIOS.filter(only)) {
    const { state, target, legacy } = scenario;
    const title = `state in ${state}, from ${legacy} to ${target}`;
    describeWith([...serversOf(scenario), ...programs], title, () => {
      let world: World;
      beforeAll(async () => {
        world = await openWorld(scenario);
      });
      afterEach(() => world.proxy.heal());
      afterAll(() => world?.close());
      tests(() => world);
    });
  }
}

function serversOf({ state, target, legacy }: Scenario): Program[] {
  const usesRgw = target === 'RGW' || legacy === 'RGW';
  return [...(state === 'Redis' ? ['redis-server' as const] : []), ...(usesRgw ? ['radosgw' as const] : [])];
}

/** RGW is shared by all test files, so no name may come twice. */
export const newBucketName = (): string => `move-${randomUUID()}`;

async function openWorld(scenario: Scenario): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'penumbra-acceptance-'));
  const closing: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  const opened = <T extends { close(): Promise<unknown> }>(part: T): T => {
    closing.unshift(part.close);
    return part;
  };
  const started = (server: PenumbraServer): PenumbraServer => {
    closing.unshift(() => server.stop());
    return server;
  };

  const redis = scenario.state === 'Redis' ? opened(await startRedis()) : undefined;
  const legacy = await openLegacy(scenario, folder, started);
  const proxy = opened(await startFaultProxy(legacy.endpoint));
  const settings = {
    PENUMBRA_ADMIN_PASSWORD: PASSWORD,
    PENUMBRA_LOG_LEVEL: 'warn',
    PENUMBRA_REDIS: redis?.url,
    ...(await targetSettings(scenario, folder)),
  };
  const startAnother: World['startAnother'] = async (change = {}) =>
    started(await startPenumbra(join(folder, 'gateway'), { ...settings, ...change }));
  const gateway = await startAnother();
  const env = { PENUMBRA_URL: gateway.url, XDG_CONFIG_HOME: folder };
  await runCli(['login'], { env, input: PASSWORD });
  const storage: World['storage'] = async (...args) => {
    const { code, stdout, stderr } = await runCli(['storage', ...args, '--json'], { env });
    if (code !== 0) throw new Error(stderr);
    return JSON.parse(stdout);
  };
  const shadowFlags = [
    ['--shadow-endpoint', proxy.endpoint],
    ['--shadow-region', legacy.region],
    ['--shadow-access-key', legacy.accessKeyId],
    ['--shadow-secret-key', legacy.secretAccessKey],
  ].flat();
  return {
    scenario,
    gateway,
    startAnother,
    redisUrl: redis?.url,
    legacy,
    proxy,
    shadowFlags,
    storage,
    async move(fill = async () => undefined, ...flags) {
      const old = await new BucketClient(legacy, newBucketName()).create();
      await fill(old);
      const name = newBucketName();
      const created = await storage(
        'create',
        '-n',
        name,
        '--shadow-name',
        old.name,
        ...shadowFlags,
        ...flags,
      );
      return { bucket: new BucketClient(accountOf(created), name), old };
    },
    async close() {
      for (const close of closing) await close();
    },
  };
}

async function openLegacy(
  { legacy }: Scenario,
  folder: string,
  started: (server: PenumbraServer) => PenumbraServer,
): Promise<Account> {
  if (legacy === 'RGW') return sharedRgw();
  const root = { accessKeyId: 'LEGACYROOT', secretAccessKey: 'legacy-root-secret' };
  const server = started(
    await startPenumbra(join(folder, 'legacy'), {
      PENUMBRA_ADMIN_PASSWORD: 'other',
      PENUMBRA_LOG_LEVEL: 'warn',
      PENUMBRA_ROOT_ACCESS_KEY_ID: root.accessKeyId,
      PENUMBRA_ROOT_SECRET_ACCESS_KEY: root.secretAccessKey,
    }),
  );
  return { endpoint: server.url, region: 'us-east-1', ...root };
}

async function targetSettings({ target }: Scenario, folder: string): Promise<Record<string, string>> {
  if (target === 'disk') return {};
  const { endpoint, accessKeyId, secretAccessKey } = await sharedRgw();
  const path = join(folder, 'penumbra.yaml');
  await writeFile(
    path,
    `storage:
  backends:
    - name: rgw
      type: s3
      endpoint: ${endpoint}
      access_key_id: ${accessKeyId}
      secret_access_key: \${env:RGW_SECRET}
`,
  );
  return { PENUMBRA_CONFIG: path, RGW_SECRET: secretAccessKey };
}

/** What a client is told on creation, as an account. */
export function accountOf(created: {
  readonly endpoint: string;
  readonly region: string;
  readonly access_key_id: string;
  readonly secret_access_key: string;
}): Account {
  const { endpoint, region, access_key_id: accessKeyId, secret_access_key: secretAccessKey } = created;
  return { endpoint, region, accessKeyId, secretAccessKey };
}
