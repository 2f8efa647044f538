import { expect, onTestFinished, test } from 'vitest';
import { BucketClient } from '../support/bucket-client.js';
import { runCli } from '../support/cli.js';
import { describeWith } from '../support/describe-with.js';
import { type PassWorkerProcess, startPassWorker, startPenumbra } from '../support/penumbra.js';
import { startRedis } from '../support/redis.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { accountOf } from './scenarios.js';

const OBJECTS = 20;
/** More than one process works on at once, so that others get some. */
const BUCKETS = ['b-1', 'b-2', 'b-3', 'b-4', 'b-5', 'b-6'];
const PASSWORD = 'password-of-the-tests';
const LEGACY = { accessKeyId: 'LEGACYROOT', secretAccessKey: 'legacy-root-secret', region: 'auto' };

async function startLegacy(): Promise<BucketClient> {
  const legacy = await startPenumbra(await temporaryFolder(), {
    PENUMBRA_ROOT_ACCESS_KEY_ID: LEGACY.accessKeyId,
    PENUMBRA_ROOT_SECRET_ACCESS_KEY: LEGACY.secretAccessKey,
  });
  onTestFinished(() => legacy.stop().then(() => undefined));
  const old = await new BucketClient({ ...LEGACY, endpoint: legacy.url }, 'legacy').create();
  for (let index = 0; index < OBJECTS; index += 1) await old.put(`${index}`, `body ${index}`);
  return old;
}

/** Objects that it has brought over, as Prometheus would read it. */
const copiesOf =
  ({ metricsUrl = '' }: PassWorkerProcess) =>
  async () => {
    const read = await (await fetch(metricsUrl)).text();
    const copied = read.matchAll(
      /^penumbra_copies_total\{(?=.*occasion="sweep")(?=.*outcome="copied").*\} (\d+)$/gm,
    );
    return [...copied].reduce((sum, [, count]) => sum + Number(count), 0);
  };

for (const state of ['LMDB', 'Redis'] as const)
  describeWith(
    state === 'Redis' ? ['redis-server'] : [],
    `a worker beside a gateway, state: ${state}`,
    () => {
      test('goes through ranges too, tells what it did, drains, and leaves what it has to the gateway', {
        timeout: 120_000,
      }, async () => {
        const redis = state === 'Redis' ? await startRedis() : undefined;
        onTestFinished(() => redis?.close());
        const old = await startLegacy();
        const data = await temporaryFolder();
        const env = { PENUMBRA_ADMIN_PASSWORD: PASSWORD, ...(redis && { PENUMBRA_REDIS: redis.url }) };
        const gateway = await startPenumbra(data, env);
        onTestFinished(() => gateway.stop().then(() => undefined));
        const worker = await startPassWorker(data, { ...env, PENUMBRA_METRICS_PORT: '0' });
        onTestFinished(() => worker.stop().then(() => undefined));

        const commandEnv = {
          PENUMBRA_URL: gateway.url,
          PENUMBRA_ADMIN_PASSWORD: PASSWORD,
          PENUMBRA_SHADOW_ACCESS_KEY: LEGACY.accessKeyId,
          PENUMBRA_SHADOW_SECRET_KEY: LEGACY.secretAccessKey,
        };
        await runCli(['login'], { env: commandEnv, input: PASSWORD });
        const storage = async (...args: string[]) => {
          const { code, stdout, stderr } = await runCli(['storage', ...args, '--json'], { env: commandEnv });
          expect([code, stderr]).toEqual([0, '']);
          return JSON.parse(stdout);
        };
        const shadow = [
          '--shadow-name',
          'legacy',
          '--shadow-endpoint',
          old.account.endpoint,
          '--shadow-region',
          'auto',
        ];
        const created = [];
        for (const name of BUCKETS) {
          created.push(await storage('create', '-n', name, ...shadow));
          await storage('sweep', name, 'start', '--max-requests', '4');
        }
        const workers = async () => {
          const all = await Promise.all(BUCKETS.map((name) => storage('sweep', name, 'status')));
          return all.flatMap((pass): string[] => pass.workers);
        };
        await expect.poll(workers, { timeout: 30_000 }).toContain(worker.id);
        await expect.poll(copiesOf(worker), { timeout: 30_000 }).toBeGreaterThan(0);

        expect(await worker.stop()).toBe(0);
        expect(await workers()).not.toContain(worker.id);
        for (const name of BUCKETS) await storage('sweep', name, 'set', '--max-requests', 'off');
        for (const [index, name] of BUCKETS.entries()) {
          const watched = await runCli(['storage', 'sweep', name, 'status', '--watch'], { env: commandEnv });
          expect([watched.code, watched.stderr]).toEqual([0, '']);
          const last = JSON.parse(watched.stdout.trimEnd().split('\n').at(-1) ?? '');
          expect(last).toMatchObject({ state: 'done', objects_copied: OBJECTS, failed: 0 });
          const bucket = new BucketClient(accountOf(created[index]), name);
          expect(await bucket.text('7')).toBe('body 7');
        }
      });
    },
  );
