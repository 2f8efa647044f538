import { expect, onTestFinished, test } from 'vitest';
import { listenForMetrics } from '../../../src/gateway/metrics/listen.js';
import { systemClock } from '../../../src/system/clock.js';
import { createLogger } from '../../../src/system/logger.js';

async function listening(token?: string): Promise<string> {
  const server = await listenForMetrics(
    { host: '127.0.0.1', port: 0, clock: systemClock, log: createLogger({ level: 'silent' }) },
    { token, scrape: async () => 'penumbra_processes 1\n' },
  );
  onTestFinished(() => server.close(AbortSignal.timeout(1_000)));
  return `http://127.0.0.1:${server.port}`;
}

test('a worker tells this machine its metrics, and nothing else', async () => {
  const url = await listening();
  expect(await (await fetch(`${url}/_/metrics`)).text()).toBe('penumbra_processes 1\n');
  const forwarded = await fetch(`${url}/_/metrics`, { headers: { 'x-forwarded-for': '203.0.113.7' } });
  expect(forwarded.status).toBe(403);
  for (const path of ['/', '/_/', '/_/api/admin/buckets', '/photos/key'])
    expect((await fetch(`${url}${path}`)).status).toBe(404);
  expect((await fetch(`${url}/_/metrics`, { method: 'PUT', body: 'x' })).status).toBe(404);
});

test('with a token it tells who has it', async () => {
  const url = `${await listening('of-prometheus')}/_/metrics`;
  expect((await fetch(url)).status).toBe(401);
  expect((await fetch(url, { headers: { authorization: 'Bearer of-prometheus' } })).status).toBe(200);
});
