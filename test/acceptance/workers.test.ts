import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { expect, onTestFinished, test } from 'vitest';
import { BucketClient } from '../support/bucket-client.js';
import { describeWith } from '../support/describe-with.js';
import { startUpload } from '../support/held-upload.js';
import { type PenumbraServer, penumbra, startPenumbra } from '../support/penumbra.js';
import { startRedis } from '../support/redis.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { accountOf } from './scenarios.js';

const PATIENTLY = { timeout: 30_000, interval: 50 };

type Settings = Readonly<Record<string, string>>;

/** Where the state is, besides the data folder. */
const STATES: Readonly<Record<'LMDB' | 'Redis', () => Promise<Settings>>> = {
  LMDB: async () => ({}),
  async Redis() {
    const redis = await startRedis();
    onTestFinished(() => redis.close());
    return { PENUMBRA_REDIS: redis.url };
  },
};

async function startThree(settings: Settings): Promise<PenumbraServer> {
  const data = await temporaryFolder();
  const server = await startPenumbra(data, { ...settings, PENUMBRA_WORKERS: '3' });
  onTestFinished(() => server.stop().then(() => undefined));
  return server;
}

/** A public bucket, created with the password that the first start has printed. */
async function createBucket(server: PenumbraServer): Promise<BucketClient> {
  const passwords = [...server.output().matchAll(/admin password: (\S+)/g)].map(([, password]) => password);
  expect(passwords).toHaveLength(1);
  const env = { PENUMBRA_URL: server.url, PENUMBRA_ADMIN_PASSWORD: passwords[0] };
  const command = ['storage', 'create', '-n', 'photos', '--public', '--json'];
  const { code, stdout, stderr } = await penumbra(command, { env });
  expect([code, stderr]).toEqual([0, '']);
  return new BucketClient(accountOf(JSON.parse(stdout)), 'photos');
}

/** The processes that have logged an answer since the output had the length `from`. */
function pidsIn(server: PenumbraServer, from: number): number[] {
  const lines = server.output().slice(from).split('\n');
  const requests = lines.filter((line) => line.startsWith('{') && line.endsWith('"msg":"request"}'));
  return [...new Set(requests.map((line): number => JSON.parse(line).pid))];
}

/** Reads a public object, many times at once over new connections, until three processes have answered. Resolves to their ids. */
async function untilAllAnswered(server: PenumbraServer, path: string): Promise<number[]> {
  const from = server.output().length;
  const read = async () => {
    const answer = await fetch(server.url + path, { headers: { connection: 'close' } });
    expect([answer.status, await answer.text()]).toEqual([200, 'content']);
  };
  const pids = async () => {
    await Promise.all(Array.from({ length: 50 }, read));
    return pidsIn(server, from).length;
  };
  await expect.poll(pids, PATIENTLY).toBe(3);
  return pidsIn(server, from);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    expect(error).toMatchObject({ code: 'ESRCH' });
    return false;
  }
}

for (const [name, state] of Object.entries(STATES)) {
  describeWith(name === 'Redis' ? ['redis-server'] : [], `three workers with their state in ${name}`, () => {
    test('serve one port; what is made at one is known to all, and one that dies is replaced', async () => {
      const server = await startThree(await state());
      const bucket = await createBucket(server);
      await bucket.put('key', 'content');
      const before = await untilAllAnswered(server, '/photos/key');
      expect(before).not.toContain(server.pid);

      const [victim = 0] = before;
      process.kill(victim, 'SIGKILL');
      await expect.poll(() => server.output(), PATIENTLY).toContain('a worker has ended and is replaced');
      const after = await untilAllAnswered(server, '/photos/key');
      expect(after).not.toContain(victim);
      expect(after.filter((pid) => before.includes(pid))).toHaveLength(2);

      for (const pid of after) process.kill(pid, 'SIGKILL');
      await expect.poll(() => fetch(server.url).catch(() => undefined), PATIENTLY).toBeDefined();
      await untilAllAnswered(server, '/photos/key');
      expect(server.output().match(/listening on/g)).toHaveLength(1);
    });

    test('drain on SIGTERM, all of them', async () => {
      const server = await startThree(await state());
      const bucket = await createBucket(server);
      await bucket.put('key', 'content');
      const pids = await untilAllAnswered(server, '/photos/key');
      const url = await getSignedUrl(bucket.sdk, new PutObjectCommand({ Bucket: 'photos', Key: 'up' }));
      const uploads = await Promise.all(pids.map(() => startUpload(url)));

      const code = server.stop('SIGTERM');
      await expect.poll(() => fetch(server.url).catch(() => 'refused'), PATIENTLY).toBe('refused');
      for (const upload of uploads) {
        upload.write('half whole');
        expect(await text(upload)).toMatch(/^HTTP\/1\.1 200 OK/);
      }
      expect(await code).toBe(0);
      expect(pids.filter(isAlive)).toEqual([]);
    });
  });
}

test('workers end with the process that started them, also when it is killed', async () => {
  const server = await startThree({});
  const bucket = await createBucket(server);
  await bucket.put('key', 'content');
  const pids = await untilAllAnswered(server, '/photos/key');
  process.kill(server.pid, 'SIGKILL');
  await expect.poll(() => pids.filter(isAlive), PATIENTLY).toEqual([]);
});

test('what keeps workers from starting is told once', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void other.close());
  await once(other, 'listening');
  const port = String((other.address() as AddressInfo).port);
  const command = ['serve', '--workers', '3', '--port', port, '--data', await temporaryFolder()];
  const { code, stdout, stderr } = await penumbra(command);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/^error: [^\n]*EADDRINUSE[^\n]*\n$/);
});
