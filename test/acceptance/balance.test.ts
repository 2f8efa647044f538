import { Pool } from 'undici';
import { expect, onTestFinished, test } from 'vitest';
import { scrape } from '../gateway/metrics/scrape.js';
import { BucketClient } from '../support/bucket-client.js';
import { type PenumbraServer, penumbra, startPenumbra } from '../support/penumbra.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { accountOf } from './scenarios.js';

const PATIENTLY = { timeout: 30_000, interval: 50 };
const PASSWORD = 'password-of-the-tests';
const CONNECTIONS = 64;
const CONTENT = 'content'.repeat(1_000);

async function startTwo(): Promise<PenumbraServer> {
  const env = { PENUMBRA_WORKERS: '2', PENUMBRA_ADMIN_PASSWORD: PASSWORD };
  const server = await startPenumbra(await temporaryFolder(), env);
  onTestFinished(() => server.stop().then(() => undefined));
  return server;
}

/** A public bucket with one object, at `/photos/key`. */
async function fill({ url }: PenumbraServer): Promise<void> {
  const env = { PENUMBRA_URL: url, PENUMBRA_ADMIN_PASSWORD: PASSWORD };
  const { code, stdout } = await penumbra(['storage', 'create', '-n', 'photos', '--public', '--json'], {
    env,
  });
  expect(code).toBe(0);
  await new BucketClient(accountOf(JSON.parse(stdout)), 'photos').put('key', CONTENT);
}

/** A client that reads and writes again and again over 64 connections that it keeps, until it is stopped. */
function load({ url }: PenumbraServer) {
  const pool = new Pool(url, { connections: CONNECTIONS, pipelining: 1 });
  const seen = { answers: 0, failed: [] as unknown[] };
  let isStopped = false;
  async function read() {
    const { statusCode, body } = await pool.request({ method: 'GET', path: '/photos/key' });
    const text = await body.text();
    if (statusCode !== 200 || text !== CONTENT) throw new Error(`${statusCode}: ${text}`);
    seen.answers += 1;
  }
  const readers = Array.from({ length: CONNECTIONS }, async () => {
    while (!isStopped) await read().catch((error) => seen.failed.push(error));
  });
  return {
    seen,
    async more(answers: number) {
      const until = seen.answers + answers;
      await expect.poll(() => seen.answers, PATIENTLY).toBeGreaterThan(until);
    },
    async stop() {
      isStopped = true;
      await Promise.all(readers);
      await pool.close();
    },
  };
}

/** The part of the last requests that the worker has served which has served most of them. */
function shareOfBusier(server: PenumbraServer): number {
  const lines = server
    .output()
    .slice(-1_000_000)
    .matchAll(/"pid":(\d+)[^\n]*"operation":"GetObject"/g);
  const pids = [...lines].map(([, pid]) => pid);
  const served = new Map<string | undefined, number>();
  for (const pid of pids) served.set(pid, (served.get(pid) ?? 0) + 1);
  return Math.max(...served.values()) / pids.length;
}

test('when all connections are with one worker the other gets its share of them, and their client sees no failure', async () => {
  const server = await startTwo();
  await fill(server);
  const closed = async () => (await scrape(server.url)).value('penumbra_connections_shed_total') ?? 0;
  expect(await closed()).toBe(0);

  // Until it is replaced all new connections are the other one's.
  const [victim] = [...server.output().matchAll(/"pid":(\d+)/g)].map(([, pid]) => Number(pid));
  process.kill(victim ?? 0, 'SIGKILL');
  await expect.poll(() => server.output(), PATIENTLY).toContain('a worker has ended and is replaced');
  const client = load(server);
  await client.more(CONNECTIONS);
  expect(shareOfBusier(server)).toBe(1);

  await expect.poll(() => shareOfBusier(server), PATIENTLY).toBeLessThan(0.65);
  // No connection is closed any more then.
  const closedMeanwhile = async () => {
    const before = await closed();
    await client.more(10_000);
    return (await closed()) - before;
  };
  await expect.poll(closedMeanwhile, PATIENTLY).toBe(0);
  await client.stop();
  expect(client.seen.failed).toEqual([]);
  expect(await closed()).toBeGreaterThanOrEqual(CONNECTIONS / 4);
});
