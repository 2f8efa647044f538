import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createRemoteBackend } from '../../../src/backends/remote/remote.js';
import type { BegunMigrationJson, JobFailureJson, JobJson } from '../../../src/gateway/admin/job-schemas.js';
import type { BucketJson, CreatedBucketJson } from '../../../src/gateway/admin/schemas.js';
import { systemClock } from '../../../src/system/clock.js';
import type { Account } from '../../support/bucket-client.js';
import { describeWith } from '../../support/describe-with.js';
import { startPenumbra } from '../../support/penumbra.js';
import { freePort } from '../../support/ports.js';
import { startRedis } from '../../support/redis.js';
import { sharedRgw } from '../../support/shared-rgw.js';
import { StoreClient } from '../../support/store-client.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { keepBusy } from '../sweep/clients.js';
import { Expectation } from '../sweep/expectation.js';
import { Mortal } from '../sweep/mortal.js';
import { bytesOf, md5Of } from '../sweep/objects.js';

/** `npm test` has time for a few; JOB_KILLS=50 is what a change of jobs has to stand. */
const KILLS = Number(process.env.JOB_KILLS ?? 2);
const SEED = Number(process.env.JOB_SEED ?? systemClock.now() % 1_000_000);
const OBJECTS = 200;
const PASSWORD = 'password-of-the-tests';

/** Short, so that what a killed gateway leaves behind is soon settled. */
const TIMES = {
  connect_ms: 500,
  first_byte_ms: 2_500,
  margin_ms: 2_000,
  lease_ms: 8_000,
  read_lease_ms: 9_000,
};

/** Numbers from 0 to 1 that follow from the seed (Park and Miller). */
function randomFrom(seed: number): () => number {
  let state = (seed % 2_147_483_646) + 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

function closing<T extends { close(): Promise<unknown> }>(part: T): T {
  onTestFinished(() => part.close().then(() => undefined));
  return part;
}

function clientOf(account: Account, bucket: string): StoreClient {
  const backend = createRemoteBackend({
    ...account,
    name: account.endpoint,
    forcePathStyle: true,
    clock: systemClock,
  });
  return new StoreClient(closing(backend).service, bucket);
}

/** Two gateways on one Redis, and two backends, which are buckets of one RGW. */
async function openSite() {
  const redis = closing(await startRedis());
  const rgw = await sharedRgw();
  const folder = await temporaryFolder();
  const backend = (name: string) => ({
    ...{ name, type: 's3', endpoint: rgw.endpoint, region: rgw.region },
    ...{ access_key_id: rgw.accessKeyId, secret_access_key: rgw.secretAccessKey },
  });
  const config = { times: TIMES, storage: { backends: [backend('one'), backend('two')] } };
  await writeFile(join(folder, 'penumbra.yaml'), JSON.stringify(config));
  const env = {
    PENUMBRA_CONFIG: join(folder, 'penumbra.yaml'),
    PENUMBRA_REDIS: redis.url,
    PENUMBRA_ADMIN_PASSWORD: PASSWORD,
    PENUMBRA_LOG_LEVEL: 'error',
  };
  const ports = [await freePort(), await freePort()];
  const gateways = ports.map((port) => new Mortal(() => startPenumbra(join(folder, 'data'), env, port)));
  for (const gateway of gateways) await closing(gateway).start();
  const urls = ports.map((port) => `http://127.0.0.1:${port}`);
  return { rgw, gateways, urls, admin: adminOf(urls) };
}

/** The admin API of whichever gateway runs; what is asked to change something is asked once. */
function adminOf(urls: readonly string[]) {
  async function ask<T>(url: string, method: string, path: string, body?: object): Promise<T> {
    const login = await fetch(`${url}/_/api/admin/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ password: PASSWORD }),
    });
    const cookie = login.headers.getSetCookie().join('; ');
    const answer = await fetch(`${url}/_/api/admin${path}`, {
      method,
      headers: { cookie, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text) as T;
  }
  return {
    async get<T>(path: string): Promise<T> {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await ask<T>(urls[attempt % urls.length] ?? '', 'GET', path);
        } catch (error) {
          if (attempt === 60) throw error;
          await systemClock.sleep(250);
        }
      }
    },
    post: <T>(path: string, body?: object, url = urls[0] ?? ''): Promise<T> =>
      ask<T>(url, 'POST', path, body),
  };
}

const OVER = ['succeeded', 'completed_with_errors', 'failed', 'cancelled'];

describeWith(['redis-server', 'radosgw'], 'a bucket that is moved while gateways are killed', () => {
  test.each(['gate', 'live'] as const)(
    `is at the old place or the new one, whole, and no write that was answered is lost (%s, seed ${SEED})`,
    async (writes) => {
      const random = randomFrom(SEED);
      const { rgw, gateways, urls, admin } = await openSite();
      const name = `moved-${randomUUID()}`;
      const { access_key_id: accessKeyId, secret_access_key: secretAccessKey } =
        await admin.post<CreatedBucketJson>('/buckets', { name, backend: 'one', target_bucket: `${name}-0` });
      const account = { accessKeyId, secretAccessKey, region: 'us-east-1' };
      const doors = urls.map((endpoint) => clientOf({ ...account, endpoint }, name));
      const expectation = new Expectation();
      for (let seed = 0; seed < OBJECTS; seed += 1) {
        const content = { seed, size: 1 + ((seed * 97) % 9_000) };
        expect((await doors[0]?.put(`dir-${seed % 7}/object-${seed}`, bytesOf(content)))?.status).toBe(200);
        expectation.settle(`dir-${seed % 7}/object-${seed}`, content);
      }
      const busy = keepBusy({ doors, expectation, keys: expectation.keys, clients: 4 });
      const where = () => admin.get<BucketJson>(`/buckets/${name}`);

      const ends: string[] = [];
      for (let kills = 0; kills < KILLS; ) {
        const before = await where();
        const wish = {
          target_backend: before.backend === 'one' ? 'two' : 'one',
          target_bucket: `${name}-${ends.length + 1}`,
          writes,
          delete_source: random() < 0.5,
        };
        const { id } = await admin.post<BegunMigrationJson>(`/buckets/${name}/migrate`, wish);
        const isCancelled = random() < 0.25;
        for (let round = 0; ; round += 1) {
          await systemClock.sleep(random() * 1_500);
          const { status } = await admin.get<JobJson>(`/jobs/${id}`);
          if (OVER.includes(status)) break;
          if (round < 2) {
            await gateways[random() < 0.5 ? 0 : 1]?.killAndRestart();
            kills += 1;
          }
          if (isCancelled && round === 1) await admin.post(`/jobs/${id}/cancel`).catch(() => undefined);
        }
        const job = await admin.get<JobJson>(`/jobs/${id}`);
        const after = await where();
        const { failures } = await admin.get<{ failures: JobFailureJson[] }>(`/jobs/${id}/failures`);
        ends.push(`${job.status} ${job.last_error ?? ''}`);
        expect([job.status, job.last_error, failures]).toEqual([
          expect.stringMatching(/^(succeeded|cancelled|failed)$/),
          job.last_error,
          failures,
        ]);
        expect(after.target_bucket).toBe(
          job.status === 'succeeded' ? wish.target_bucket : before.target_bucket,
        );
      }

      const counted = await busy.end();
      const { target_bucket } = await where();
      const store = clientOf(rgw, target_bucket ?? '');
      const found = new Map<string, string>();
      for (const key of await store.keys()) found.set(key, md5Of((await store.ask('GET', key)).body));
      expect({ ends, broken: expectation.brokenBy(found), wrong: busy.wrong }).toEqual({
        ends,
        broken: [],
        wrong: [],
      });
      expect(counted.acknowledged).toBeGreaterThan(50);
    },
    60_000 + KILLS * 60_000,
  );
});
