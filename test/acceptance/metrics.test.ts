import { expect, onTestFinished, test } from 'vitest';
import { logIn } from '../../src/cli/admin-client.js';
import { send } from '../../src/cli/admin-http.js';
import { scrape } from '../gateway/metrics/scrape.js';
import { startPenumbra } from '../support/penumbra.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const PATIENTLY = { timeout: 30_000, interval: 100 };
const PASSWORD = 'password-of-the-tests';
const REFUSED = { bucket: '(none)', operation: 'GetObject', status: '4xx', source: 'gateway' };

test('three workers are read as one, and their sums do not fall when one is killed and replaced', async () => {
  const env = { PENUMBRA_WORKERS: '3', PENUMBRA_ADMIN_PASSWORD: PASSWORD };
  const server = await startPenumbra(await temporaryFolder(), env);
  onTestFinished(() => server.stop().then(() => undefined));
  const ask = (times: number) =>
    Promise.all(
      Array.from({ length: times }, async () => {
        const answer = await fetch(`${server.url}/photos/key`, { headers: { connection: 'close' } });
        expect(answer.status).toBe(403);
        await answer.text();
      }),
    );
  const counted = async () => (await scrape(server.url)).value('penumbra_requests_total', REFUSED);
  const pids = () =>
    new Set(
      [...server.output().matchAll(/"pid":(\d+),[^\n]*"operation":"GetObject"/g)].map(([, pid]) =>
        Number(pid),
      ),
    );

  let sent = 0;
  while (pids().size < 3) {
    await ask(40);
    sent += 40;
  }
  expect(await counted()).toBe(sent);
  expect(await counted()).toBe(sent);
  const read = await scrape(server.url);
  expect(read.value('penumbra_processes')).toBe(3);
  expect(read.value('penumbra_request_duration_seconds_count', { operation: 'GetObject' })).toBe(sent);

  const cookie = await logIn(server.url, PASSWORD);
  const health = async () =>
    (await send(server.url, { method: 'GET', path: '/backends/health', access: { cookie } })).json;
  expect(await health()).toMatchObject({ processes: 3, stores: [{ name: 'local-disk' }] });

  const [victim = 0] = pids();
  process.kill(victim, 'SIGKILL');
  await expect.poll(() => server.output(), PATIENTLY).toContain('a worker has ended and is replaced');
  expect(await counted()).toBe(sent);
  await expect.poll(async () => (await scrape(server.url)).value('penumbra_processes'), PATIENTLY).toBe(3);
  await ask(10);
  expect(await counted()).toBe(sent + 10);
  // What all share is told by one of them.
  await expect
    .poll(
      async () => (await scrape(server.url)).value('penumbra_jobs', { status: 'failed', phase: 'copy' }),
      PATIENTLY,
    )
    .toBe(0);
});
