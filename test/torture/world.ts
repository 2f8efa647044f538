import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRemoteBackend } from '../../src/backends/remote/remote.js';
import { systemClock } from '../../src/system/clock.js';
import type { Account } from '../support/bucket-client.js';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.js';
import { penumbra, startPenumbra } from '../support/penumbra.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import type { Rgw } from '../support/rgw.js';
import { StoreClient } from '../support/store-client.js';
import { TorturedGateway } from './gateway.js';
import type { TortureOptions } from './options.js';

const PASSWORD = 'password-of-the-torture';
const OLD_ROOT = { accessKeyId: 'LEGACYROOT', secretAccessKey: 'legacy-root-secret' };

/** Short, so that what a killed gateway leaves behind is soon settled. */
const TIMES = `times:
  connect_ms: 500
  first_byte_ms: 2000
  idle_ms: 2000
  margin_ms: 2000
  lease_ms: 7000
`;

/** Longer than a gateway can take for any request. */
const CLIENT_TIMES = { connectMs: 2_000, firstByteMs: 30_000, idleMs: 30_000 };

type Side = 'target' | 'shadow';

/** A bucket that moves from a folder, behind one more gateway, to RGW. Both stores are reached through proxies with faults. */
export interface World {
  readonly redis: RedisServer;
  readonly gateways: readonly TorturedGateway[];
  readonly proxies: Readonly<Record<Side, FaultProxy>>;
  /** What the stores themselves have, past the proxies. */
  readonly stores: Readonly<Record<Side, StoreClient>>;
  /** Creates the bucket that moves, and gives a client of it for each gateway. */
  move(): Promise<readonly StoreClient[]>;
  readonly bucket: string;
  /** Runs a `storage` command about the bucket at a gateway that runs, and returns its JSON; throws what it says on stderr. */
  storage(command: string, ...args: string[]): Promise<ReturnType<typeof JSON.parse>>;
  /** What all gateways have said so far. */
  log(): string;
  close(): Promise<void>;
}

export async function openWorld(rgw: Rgw, options: TortureOptions): Promise<World> {
  const name = `tortured-${randomUUID()}`;
  const folder = await mkdtemp(join(tmpdir(), 'penumbra-torture-'));
  const closing: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  const close = async () => {
    for (const end of closing.splice(0)) await end();
  };
  try {
    return { ...(await openParts()), close };
  } catch (error) {
    await close();
    throw error;
  }

  async function openParts(): Promise<Omit<World, 'close'>> {
    const redis = await startRedis({ durable: true });
    closing.unshift(redis.close);
    const old = await startPenumbra(join(folder, 'old'), OLD_SETTINGS);
    closing.unshift(() => old.stop());
    const oldAccount = { endpoint: old.url, region: 'us-east-1', ...OLD_ROOT };
    const proxies = { target: await startFaultProxy(rgw.endpoint), shadow: await startFaultProxy(old.url) };
    closing.unshift(proxies.target.close, proxies.shadow.close);
    const env = await gatewaySettings(folder, { ...rgw, endpoint: proxies.target.endpoint }, redis.url);
    const gateways: TorturedGateway[] = [];
    for (let index = 0; index < options.gateways; index += 1) {
      const gateway = await TorturedGateway.start(join(folder, 'gateways'), env);
      gateways.push(gateway);
      closing.unshift(() => gateway.stop());
    }
    const storage = (command: string, ...args: string[]) => runStorage(gateways, [command, ...args]);
    const stores = { target: clientOf(rgw, name), shadow: clientOf(oldAccount, name) };
    await stores.shadow.ask('PUT', '');
    return {
      redis,
      gateways,
      proxies,
      stores,
      bucket: name,
      log: () => gateways.map(({ log }) => log).join(''),
      storage: (command, ...args) => storage(command, name, ...args),
      async move() {
        const shadow = shadowFlags({ ...oldAccount, endpoint: proxies.shadow.endpoint });
        const mode = options.writeThrough === 'on' ? ['--shadow-write-through'] : [];
        const created = await storage('create', '-n', name, ...shadow, ...mode);
        const { region, access_key_id: accessKeyId, secret_access_key: secretAccessKey } = created;
        return gateways.map(({ url }) =>
          clientOf({ endpoint: url, region, accessKeyId, secretAccessKey }, name),
        );
      },
    };
  }
}

const OLD_SETTINGS = {
  PENUMBRA_ADMIN_PASSWORD: 'other',
  PENUMBRA_LOG_LEVEL: 'warn',
  PENUMBRA_ROOT_ACCESS_KEY_ID: OLD_ROOT.accessKeyId,
  PENUMBRA_ROOT_SECRET_ACCESS_KEY: OLD_ROOT.secretAccessKey,
};

const shadowFlags = ({ endpoint, region, accessKeyId, secretAccessKey }: Account): string[] => [
  '--shadow-endpoint',
  endpoint,
  '--shadow-region',
  region,
  '--shadow-access-key',
  accessKeyId,
  '--shadow-secret-key',
  secretAccessKey,
];

async function gatewaySettings(
  folder: string,
  target: Account,
  redis: string,
): Promise<Record<string, string>> {
  const path = join(folder, 'penumbra.yaml');
  await writeFile(
    path,
    `${TIMES}storage:
  backends:
    - name: rgw
      type: s3
      endpoint: ${target.endpoint}
      access_key_id: ${target.accessKeyId}
      secret_access_key: \${env:RGW_SECRET}
`,
  );
  return {
    PENUMBRA_CONFIG: path,
    RGW_SECRET: target.secretAccessKey,
    PENUMBRA_ADMIN_PASSWORD: PASSWORD,
    PENUMBRA_LOG_LEVEL: 'warn',
    PENUMBRA_REDIS: redis,
  };
}

/** A client that sends nothing twice. */
function clientOf(account: Account, bucket: string): StoreClient {
  const remote = { name: account.endpoint, forcePathStyle: true, clock: systemClock, times: CLIENT_TIMES };
  return new StoreClient(createRemoteBackend({ ...account, ...remote }).service, bucket);
}

async function runStorage(gateways: readonly TorturedGateway[], args: readonly string[]) {
  const url = gateways.find(({ isRunning }) => isRunning)?.url ?? '';
  const env = { PENUMBRA_URL: url, PENUMBRA_ADMIN_PASSWORD: PASSWORD };
  const { code, stdout, stderr } = await penumbra(['storage', ...args, '--json'], { env });
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}
