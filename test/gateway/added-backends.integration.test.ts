import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadConfig } from '../../src/gateway/config.js';
import { startPassWorker } from '../../src/gateway/gateway.js';
import { systemClock } from '../../src/system/clock.js';
import { readEnvironment } from '../../src/system/environment.js';
import { createLogger } from '../../src/system/logger.js';
import { describeWith } from '../support/describe-with.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { type RawAnswer, ROOT, startTestGateway, type TestGateway } from './harness.js';

let redis: RedisServer;
/** What is added as a backend. */
let store: TestGateway;
let here: TestGateway;
let there: TestGateway;
let gateways: TestGateway[];

const masterKey = randomBytes(32).toString('base64');

/** One more gateway on the same state. */
async function startAnother(): Promise<TestGateway> {
  const gateway = await startTestGateway({ config: { redis: redis.url, masterKey } });
  gateways.push(gateway);
  return gateway;
}

const cloud = () => ({
  name: 'cloud',
  type: 's3',
  endpoint: store.url,
  access_key_id: ROOT.accessKeyId,
  secret_access_key: ROOT.secretAccessKey,
});

const put = (gateway: TestGateway, key: string): Promise<RawAnswer> =>
  gateway.send({ method: 'PUT', target: `/photos/${key}`, body: key });
const get = (gateway: TestGateway, key: string): Promise<RawAnswer> =>
  gateway.send({ target: `/photos/${key}` });

async function names(gateway: TestGateway): Promise<string[]> {
  const { backends } = (await gateway.admin('GET', '/backends')) as { backends: { name: string }[] };
  return backends.map(({ name }) => name);
}

describeWith(['redis-server'], 'a backend that is added while gateways run', () => {
  beforeEach(async () => {
    [redis, store] = await Promise.all([startRedis(), startTestGateway()]);
    gateways = [];
    [here, there] = [await startAnother(), await startAnother()];
  });

  afterEach(async () => {
    await Promise.all(gateways.map((gateway) => gateway.close()));
    await Promise.all([redis.close(), store.close()]);
  });

  test('is served by all of them at once, and by those that start later', async () => {
    const added = await here.admin('POST', '/backends', cloud());
    expect(added).toMatchObject({ name: 'cloud', declared: false, probe: { ok: true, left_behind: null } });
    await there.createBucket('photos', { backend: 'cloud' });
    expect((await put(here, 'a')).status).toBe(200);
    expect((await get(there, 'a')).text).toBe('a');
    expect((await store.send({ target: '/photos/a' })).text).toBe('a');
    expect((await get(await startAnother(), 'a')).text).toBe('a');
  });

  test('encrypts what is written through any of them, by the keys that it was added with', async () => {
    const key = randomBytes(32).toString('base64');
    const encryption = { mode: 'aes256-gcm', key_id: 'k1', key };
    const added = await here.admin('POST', '/backends', { ...cloud(), encryption });
    expect(JSON.stringify(added)).not.toContain(key);
    await there.createBucket('photos', { backend: 'cloud' });
    expect((await put(here, 'secret')).status).toBe(200);
    for (const gateway of [there, await startAnother()])
      expect((await get(gateway, 'secret')).text).toBe('secret');
    expect((await store.send({ target: '/photos/secret' })).text).not.toContain('secret');
    const refused = { ...cloud(), name: 'other', encryption: { ...encryption, key: 'short' } };
    await expect(here.admin('POST', '/backends', refused)).rejects.toThrow('32 bytes in base64');
  });

  test('is served with other keys by all of them as soon as it is given them', async () => {
    await here.admin('POST', '/backends', { ...cloud(), access_key_id: 'NOBODY', probe: false });
    await store.createBucket('photos');
    const keys = { access_key_id: ROOT.accessKeyId, secret_access_key: ROOT.secretAccessKey };
    await expect(here.createBucket('photos', { backend: 'cloud' })).rejects.toThrow('403');
    await there.admin('PATCH', '/backends/cloud', keys);
    await here.createBucket('photos', { backend: 'cloud' });
    expect((await put(here, 'a')).status).toBe(200);
    const wrong = { secret_access_key: 'wrong' };
    await expect(there.admin('PATCH', '/backends/cloud', wrong)).rejects.toThrow('SignatureDoesNotMatch');
    expect((await get(there, 'a')).text).toBe('a');
    await there.admin('PATCH', '/backends/cloud', { ...wrong, probe: false });
    await expect.poll(async () => (await get(here, 'a')).status).toBe(403);
  });

  test('is told with its health by all', async () => {
    await here.admin('POST', '/backends', cloud());
    const backends = async () =>
      (await (await fetch(`${there.url}/_/health/ready`)).json()) as { backends: object };
    await expect.poll(backends, { timeout: 10_000 }).toMatchObject({
      backends: { main: 'reachable', other: 'reachable', cloud: 'reachable' },
    });
  });

  test('is followed by processes that only work on passes', async () => {
    const folder = await temporaryFolder();
    const logged: object[] = [];
    const log = createLogger({ stream: { write: (line: string) => logged.push(JSON.parse(line)) } });
    const config = await loadConfig({
      flags: { data: folder, redis: redis.url },
      environment: readEnvironment({ PENUMBRA_MASTER_KEY: masterKey }),
      cwd: folder,
    });
    const worker = await startPassWorker(config, { clock: systemClock, log });
    await here.admin('POST', '/backends', cloud());
    await expect
      .poll(() => logged)
      .toContainEqual(expect.objectContaining({ backend: 'cloud', msg: 'a backend was added' }));
    await here.admin('DELETE', '/backends/cloud');
    await expect
      .poll(() => logged)
      .toContainEqual(expect.objectContaining({ backend: 'cloud', msg: 'a backend was removed' }));
    await worker.close();
  });

  test('can be what a bucket moves to, and from, and be removed when that is done', async () => {
    const other = await startTestGateway();
    await here.admin('POST', '/backends', cloud());
    await there.admin('POST', '/backends', { ...cloud(), name: 'second', endpoint: other.url });
    await here.createBucket('photos', { backend: 'cloud' });
    await put(here, 'a');
    const { id } = await there.admin('POST', '/buckets/photos/migrate', { target_backend: 'second' });
    await expect(here.admin('DELETE', '/backends/second')).rejects.toThrow(/409 .*backend_in_use/);
    const job = () => here.admin('GET', `/jobs/${id}`);
    await expect.poll(job, { timeout: 40_000, interval: 200 }).toMatchObject({ status: 'succeeded' });
    await here.admin('DELETE', '/backends/cloud');
    await expect.poll(() => names(there)).toEqual(['main', 'other', 'second']);
    for (const gateway of [here, there]) expect((await get(gateway, 'a')).text).toBe('a');
    expect((await other.send({ target: '/photos/a' })).text).toBe('a');
    await other.close();
  });

  test('is kept while any bucket is in it, and then goes from all', async () => {
    await here.admin('POST', '/backends', cloud());
    await here.createBucket('photos', { backend: 'cloud' });
    await put(there, 'a');
    await expect(there.admin('DELETE', '/backends/cloud')).rejects.toThrow(
      /409 .*target of bucket \\"photos\\"/,
    );
    expect((await get(there, 'a')).text).toBe('a');
    await there.send({ method: 'DELETE', target: '/photos/a' });
    await there.admin('DELETE', '/buckets/photos');
    await there.admin('DELETE', '/backends/cloud');
    await expect.poll(() => names(here)).toEqual(['main', 'other']);
    await expect(here.admin('POST', '/buckets', { name: 'new', backend: 'cloud' })).rejects.toThrow(
      /400 .*no_such_backend/,
    );
    expect((await get(here, 'a')).status).toBe(404);
  });

  test('shows its secret in no answer and in no log', async () => {
    const secret = 'a-secret-that-is-wrong';
    const refused = here.admin('POST', '/backends', { ...cloud(), secret_access_key: secret });
    await expect(refused).rejects.toThrow(/422 .*credentials: SignatureDoesNotMatch/);
    await expect(refused).rejects.not.toThrow(secret);
    const answers = [
      await here.admin('POST', '/backends', { ...cloud(), secret_access_key: secret, probe: false }),
      await here.admin('GET', '/backends'),
      await there.admin('POST', '/backends/cloud/probe'),
    ];
    const logged = gateways.flatMap((gateway) => gateway.logged);
    expect(JSON.stringify([answers, logged])).not.toContain(secret);
    expect(answers.at(-1)).toMatchObject({ ok: false, checks: { credentials: { ok: false } } });
  });
});
