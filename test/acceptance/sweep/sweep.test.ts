import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import pLimit from 'p-limit';
import { expect, onTestFinished, test } from 'vitest';
import { createRemoteBackend } from '../../../src/backends/remote/remote.js';
import { systemClock } from '../../../src/system/clock.js';
import { type Account, BucketClient } from '../../support/bucket-client.js';
import { runCli } from '../../support/cli.js';
import { describeWith } from '../../support/describe-with.js';
import { startPassWorker, startPenumbra } from '../../support/penumbra.js';
import { freePort } from '../../support/ports.js';
import { startRedis } from '../../support/redis.js';
import { sharedRgw } from '../../support/shared-rgw.js';
import { StoreClient } from '../../support/store-client.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { accountOf } from '../scenarios.js';
import { keepBusy } from './clients.js';
import { Expectation } from './expectation.js';
import { Mortal } from './mortal.js';
import { bytesOf, type LegacyObject, mixedObjects } from './objects.js';
import { readPlainly } from './plain-reader.js';

const OBJECTS = 20_000;
const PASSWORD = 'password-of-the-tests';
const ROOT = { accessKeyId: 'LEGACYROOT', secretAccessKey: 'legacy-root-secret', region: 'us-east-1' };

/** Short, so that what a killed gateway leaves behind is soon settled. */
const TIMES = `times:
  connect_ms: 2000
  first_byte_ms: 8000
  idle_ms: 8000
  margin_ms: 3000
  lease_ms: 25000
`;

/** As slow as that, until everybody has been killed who is to be: objects remain for those who come after. */
const SLOWLY = '500';

const PATIENTLY = { timeout: 120_000, interval: 300 };

interface Site {
  /** The legacy store, and the bucket's place in the store that it moves to, where that can be asked past the gateways. */
  readonly legacy: Account;
  readonly target?: Account;
  readonly doors: readonly string[];
  /** Each ends somebody, and has them begin anew. */
  readonly kills: readonly (() => Promise<void>)[];
  readonly folder: string;
}

function closing<T extends { close(): Promise<unknown> }>(part: T): T {
  onTestFinished(() => part.close().then(() => undefined));
  return part;
}

/** From RGW to a folder: two gateways and a worker, their state in Redis. */
async function onRedis(): Promise<Site> {
  const redis = closing(await startRedis());
  const folder = await temporaryFolder();
  const config = join(folder, 'penumbra.yaml');
  await writeFile(config, TIMES);
  const env = {
    PENUMBRA_CONFIG: config,
    PENUMBRA_REDIS: redis.url,
    PENUMBRA_ADMIN_PASSWORD: PASSWORD,
    PENUMBRA_LOG_LEVEL: 'error',
  };
  const ports = [await freePort(), await freePort()];
  const data = join(folder, 'data');
  const mortals = [
    ...ports.map((port) => new Mortal(() => startPenumbra(data, env, port))),
    new Mortal(() => startPassWorker(data, env)),
  ];
  for (const mortal of mortals) await closing(mortal).start();
  const [one, other, worker] = mortals.map((mortal) => () => mortal.killAndRestart());
  const all = () => Promise.all(mortals.map((mortal) => mortal.killAndRestart())).then(() => undefined);
  const kills = [one, worker, other, all].filter((kill) => kill !== undefined);
  return { legacy: await sharedRgw(), doors: ports.map(urlOf), kills, folder };
}

/** From a folder, served by another Penumbra, to RGW: one process, its state embedded. What several of them risk when they are killed tells docs/operations.md. */
async function embedded(): Promise<Site> {
  const folder = await temporaryFolder();
  const target = await sharedRgw();
  const old = new Mortal(() => startPenumbra(join(folder, 'old'), oldSettings, oldPort));
  const oldPort = await freePort();
  await closing(old).start();
  const config = join(folder, 'penumbra.yaml');
  await writeFile(config, `${TIMES}${backendIn(target)}`);
  const env = {
    PENUMBRA_CONFIG: config,
    PENUMBRA_ADMIN_PASSWORD: PASSWORD,
    PENUMBRA_LOG_LEVEL: 'error',
    RGW_SECRET: target.secretAccessKey,
  };
  const port = await freePort();
  const server = new Mortal(() => startPenumbra(join(folder, 'data'), env, port));
  await closing(server).start();
  const kills = Array.from({ length: 3 }, () => () => server.killAndRestart());
  return { legacy: { ...ROOT, endpoint: urlOf(oldPort) }, target, doors: [urlOf(port)], kills, folder };
}

const oldSettings = {
  PENUMBRA_ADMIN_PASSWORD: 'other',
  PENUMBRA_LOG_LEVEL: 'error',
  PENUMBRA_ROOT_ACCESS_KEY_ID: ROOT.accessKeyId,
  PENUMBRA_ROOT_SECRET_ACCESS_KEY: ROOT.secretAccessKey,
};

const urlOf = (port: number): string => `http://127.0.0.1:${port}`;

const backendIn = ({ endpoint, accessKeyId }: Account): string => `storage:
  backends:
    - name: rgw
      type: s3
      endpoint: ${endpoint}
      access_key_id: ${accessKeyId}
      secret_access_key: \${env:RGW_SECRET}
`;

/** A bucket by the gateway's own way to stores, which costs little. Nothing is sent twice. */
function clientOf(account: Account, bucket: string): StoreClient {
  const remote = { name: account.endpoint, forcePathStyle: true, clock: systemClock };
  const backend = createRemoteBackend({ ...account, ...remote });
  closing(backend);
  return new StoreClient(backend.service, bucket);
}

async function fill(old: BucketClient, objects: readonly LegacyObject[]): Promise<Expectation> {
  const [expectation, limit, client] = [new Expectation(), pLimit(32), clientOf(old.account, old.name)];
  const putOne = async (object: LegacyObject) => {
    const { key, seed, size, isInParts } = object;
    if (isInParts) await old.putInParts(key, bytesOf(object));
    else expect((await client.put(key, bytesOf(object))).status, key).toBe(200);
    expectation.settle(key, { seed, size });
  };
  await Promise.all(objects.map((object) => limit(() => putOne(object))));
  return expectation;
}

/** `storage` commands at whichever gateway runs. */
function commands({ doors, folder, legacy }: Site) {
  let turn = 0;
  return async (...args: string[]): Promise<ReturnType<typeof JSON.parse>> => {
    for (let attempt = 1; ; attempt += 1) {
      turn += 1;
      const env = {
        PENUMBRA_URL: doors[turn % doors.length] ?? '',
        PENUMBRA_ADMIN_PASSWORD: PASSWORD,
        PENUMBRA_SHADOW_ACCESS_KEY: legacy.accessKeyId,
        PENUMBRA_SHADOW_SECRET_KEY: legacy.secretAccessKey,
        XDG_CONFIG_HOME: folder,
      };
      const { code, stdout, stderr } = await runCli(['storage', ...args, '--json'], { env });
      if (code === 0) return JSON.parse(stdout);
      if (attempt === 20) throw new Error(stderr);
      await systemClock.sleep(500);
    }
  };
}

/** Kills one after the other while the sweep is at work, each when it has come a bit further. */
async function killInTheMiddle(site: Site, status: () => Promise<SweepJson>): Promise<string> {
  const { run } = await status();
  for (const [index, kill] of site.kills.entries()) {
    const least = ((index + 1) * OBJECTS) / 25;
    await expect.poll(async () => (await status()).objects.done, PATIENTLY).toBeGreaterThan(least);
    expect(await status()).toMatchObject({ run, state: 'running' });
    await kill();
    const after = await status();
    expect(after).toMatchObject({ run, state: 'running' });
    expect(after.objects.done).toBeLessThan(0.9 * OBJECTS);
    expect(after.objects.done).toBeGreaterThan(least);
  }
  return run;
}

interface SweepJson {
  readonly run: string;
  readonly number: number;
  readonly state: string;
  readonly failed: number;
  readonly is_over: boolean;
  readonly objects: { readonly done: number; readonly total: number };
  readonly counts: Readonly<Record<string, { readonly objects: number } | undefined>>;
}

async function letAnybodyRead(account: Account, name: string): Promise<void> {
  const resource = `arn:aws:s3:::${name}/*`;
  const statement = { Effect: 'Allow', Principal: '*', Action: ['s3:GetObject'], Resource: [resource] };
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  await new BucketClient(account, name).sdk.send(new PutBucketPolicyCommand({ Bucket: name, Policy }));
}

for (const [title, programs, open] of [
  ['from RGW to a folder, the state in Redis', ['redis-server', 'radosgw'], onRedis],
  ['from a folder to RGW, the state embedded', ['radosgw'], embedded],
] as const)
  describeWith(programs, `a sweep of ${OBJECTS} objects, ${title}`, () => {
    test('loses nothing and brings nothing back while clients go on and everybody is killed in between', {
      timeout: 900_000,
    }, async () => {
      const site = await open();
      const storage = commands(site);
      const [name, oldName] = [`swept-${randomUUID()}`, `old-${randomUUID()}`];
      const old = await new BucketClient(site.legacy, oldName).create();
      const expectation = await fill(old, mixedObjects(OBJECTS));
      const shadow = ['--shadow-name', oldName, '--shadow-endpoint', site.legacy.endpoint];
      const region = ['--shadow-region', site.legacy.region];
      const created = await storage('create', '-n', name, '--public', ...shadow, ...region);
      const account = accountOf(created);
      const doors = site.doors.map((endpoint) => clientOf({ ...account, endpoint }, name));
      const status = (): Promise<SweepJson> => storage('sweep', name, 'status');
      const toItsEnd = async (kind: 'sweep' | 'verify') => {
        await expect
          .poll(async () => (await storage(kind, name, 'status')).is_over, { ...PATIENTLY, timeout: 400_000 })
          .toBe(true);
        return storage(kind, name, 'status');
      };

      // The others are left to the sweep.
      const keys = expectation.keys.filter((_, index) => index % 5 === 0);
      const busy = keepBusy({ doors, expectation, keys, clients: 4 });
      await storage('sweep', name, 'start', '--max-requests', SLOWLY);
      const run = await killInTheMiddle(site, status);
      await storage('sweep', name, 'set', '--max-requests', 'off');
      const first: SweepJson = await toItsEnd('sweep');
      const { acknowledged, unanswered } = await busy.end();
      expect(busy.wrong).toEqual([]);
      expect([first.run, first.state]).toEqual([run, 'done']);
      expect(acknowledged).toBeGreaterThan(500);
      expect(unanswered).toBeLessThan(acknowledged / 5);
      // Every key of the shadow once, but for those that clients created or deleted there meanwhile.
      const counted = Object.values(first.counts).reduce((sum, count) => sum + (count?.objects ?? 0), 0);
      expect(counted).toBeLessThanOrEqual(OBJECTS);
      expect(first.counts.copied?.objects).toBeGreaterThan(OBJECTS / 2);

      // What dead clients' writes have barred for a while is copied by one of the next.
      const caughtUp = async () => {
        await storage('sweep', name, 'start', '--catch-up');
        return (await toItsEnd('sweep')).failed;
      };
      await expect.poll(caughtUp, { timeout: 240_000, interval: 5_000 }).toBe(0);

      await storage('verify', name, 'start', '--level', 'checksum');
      const verified = await toItsEnd('verify');
      expect(verified).toMatchObject({ state: 'done' });
      for (const outcome of ['missing', 'different', 'unverifiable'])
        expect(verified.counts).not.toHaveProperty(outcome);

      await storage('update', name, '--clear-shadow');
      if (site.target) await letAnybodyRead(site.target, name);
      const place = site.target ?? { ...account, endpoint: site.doors[0] ?? '' };
      const listed = await new BucketClient(place, name).keys();
      const found = await readPlainly({ endpoint: place.endpoint, bucket: name }, listed);
      expect([...found.keys()].sort()).toEqual([...listed].sort());
      expect(expectation.brokenBy(found)).toEqual([]);
      const left = new Set(await old.keys());
      expect(expectation.deleted.length).toBeGreaterThan(50);
      expect(expectation.deleted.filter((key) => left.has(key))).toEqual([]);
    });
  });
