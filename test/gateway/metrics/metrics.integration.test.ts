import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { documentedMetrics } from '../../ops/documented.js';
import { ROOT, startTestGateway, type TestGateway } from '../harness.js';
import { scrape } from './scrape.js';

const REQUESTS = 'penumbra_requests_total';
const COPIES = 'penumbra_copies_total';
const BACKEND = 'penumbra_backend_requests_total';
const TOKEN = 'a-token-of-prometheus';

let legacy: TestGateway;
let gateway: TestGateway;

beforeEach(async () => {
  [legacy, gateway] = await Promise.all([startTestGateway(), startTestGateway()]);
  await legacy.createBucket('old');
  await legacy.send({ method: 'PUT', target: '/old/a', body: 'of old' });
  await legacy.send({ method: 'PUT', target: '/old/b', body: 'of old, too' });
});

afterEach(() => Promise.all([gateway.close(), legacy.close()]));

const shadowAt = (endpoint: string) => ({
  name: 'old',
  endpoint,
  region: 'eu',
  access_key_id: ROOT.accessKeyId,
  secret_access_key: ROOT.secretAccessKey,
});

test('requests are counted by bucket, operation, class of status and the store that they were served from', async () => {
  await gateway.createBucket('photos', { shadow: shadowAt(legacy.url) });
  await gateway.send({ method: 'PUT', target: '/photos/new', body: 'of now' });
  for (const target of ['/photos/new', '/photos/new', '/photos/a', '/photos/none', '/photos?list-type=2'])
    await gateway.send({ target });
  await gateway.send({ target: '/photos/new', credentials: null });
  await gateway.send({ target: '/someone-elses/secret', credentials: null });

  const read = await scrape(gateway.url);
  const count = (bucket: string, operation: string, status: string, source: string) =>
    read.value(REQUESTS, { bucket, operation, status, source });
  expect(count('photos', 'PutObject', '2xx', 'target')).toBe(1);
  expect(count('photos', 'GetObject', '2xx', 'target')).toBe(2);
  expect(count('photos', 'GetObject', '2xx', 'shadow')).toBe(1);
  expect(count('photos', 'GetObject', '4xx', 'none')).toBe(1);
  expect(count('photos', 'ListObjectsV2', '2xx', 'both')).toBe(1);
  expect(count('(none)', 'GetObject', '4xx', 'gateway')).toBe(2);
  expect(read.value('penumbra_request_first_byte_seconds_count', { operation: 'GetObject' })).toBe(6);
  expect(read.value('penumbra_request_duration_seconds_bucket', { operation: 'GetObject', le: '+Inf' })).toBe(
    6,
  );
  expect(read.value('penumbra_request_bytes_total', { bucket: 'photos', direction: 'in' })).toBe(6);
  expect(read.text).not.toMatch(/someone|secret/);
});

test('writes of a bucket whose shadow is written, too, are counted as those of both', async () => {
  await gateway.createBucket('photos', { shadow: { ...shadowAt(legacy.url), write_through: true } });
  await gateway.send({ method: 'PUT', target: '/photos/new', body: 'of now' });
  const labels = { bucket: 'photos', operation: 'PutObject', status: '2xx', source: 'both' };
  expect((await scrape(gateway.url)).value(REQUESTS, labels)).toBe(1);
});

test('copies, their bytes and why they failed are counted, and what each store was asked', async () => {
  await gateway.createBucket('photos', { shadow: shadowAt(legacy.url) });
  await gateway.send({ target: '/photos/a' });
  const copied = { bucket: 'photos', occasion: 'read', outcome: 'copied' };
  await vi.waitFor(async () => expect((await scrape(gateway.url)).value(COPIES, copied)).toBe(1));
  await legacy.close();
  await gateway.send({ target: '/photos/b' });

  const failed = { bucket: 'photos', occasion: 'read', reason: 'shadow' };
  await vi.waitFor(async () =>
    expect((await scrape(gateway.url)).value('penumbra_copy_failures_total', failed)).toBe(1),
  );
  const read = await scrape(gateway.url);
  expect(read.value('penumbra_copied_bytes_total', { bucket: 'photos', occasion: 'read' })).toBe(6);
  const asked = (backend: string, side: string, outcome: string) =>
    read.value(BACKEND, { backend, side, operation: 'GetObject', outcome });
  expect(asked('main', 'target', '4xx')).toBeGreaterThan(0);
  expect(asked(legacy.url, 'shadow', '2xx')).toBe(1);
  expect(asked(legacy.url, 'shadow', 'connect')).toBeGreaterThan(0);
  const shadow = { backend: legacy.url, side: 'shadow', operation: 'GetObject' };
  expect(read.value('penumbra_backend_duration_seconds_count', shadow)).toBe(1);
});

test('a shadow that is not asked for a while shows in the breaker, and in how stores answer', async () => {
  await gateway.createBucket('photos', { shadow: shadowAt(legacy.url) });
  const open = async () =>
    (await scrape(gateway.url)).value('penumbra_shadow_breaker_open', { bucket: 'photos' });
  expect(await open()).toBe(0);
  await legacy.close();
  for (let failed = 0; failed < 3; failed += 1) await gateway.send({ target: '/photos/a' });
  expect(await open()).toBe(1);
  const shadow = {
    name: legacy.url,
    reachable: false,
    last_failure: { reason: 'connect' },
    shadows: [{ bucket: 'photos', breaker: 'open' }],
  };
  await expect
    .poll(() => gateway.admin('GET', '/backends/health'), { timeout: 20_000 })
    .toMatchObject({ stores: [shadow, { name: 'main', reachable: true }, { name: 'other' }] });
});

test('what all gateways share is told a moment after somebody asked: tombstones, passes, jobs, gateways', async () => {
  await gateway.createBucket('photos', { shadow: shadowAt(legacy.url) });
  await gateway.send({ method: 'DELETE', target: '/photos/a' });
  await gateway.admin('POST', '/buckets/photos/sweep', {});
  await expect
    .poll(() => gateway.admin('GET', '/buckets/photos/sweep'), { timeout: 30_000 })
    .toMatchObject({ state: 'done' });

  await vi.waitFor(async () => {
    const read = await scrape(gateway.url);
    const photos = { bucket: 'photos' };
    expect(read.value('penumbra_tombstones', photos)).toBe(1);
    expect(read.value('penumbra_repairs_pending', photos)).toBe(0);
    expect(read.value('penumbra_keys_partly_counted', photos)).toBe(0);
    expect(read.value('penumbra_gateways_behind', photos)).toBe(0);
    expect(read.value('penumbra_gateways')).toBe(1);
    expect(read.value('penumbra_jobs', { status: 'running', phase: 'copy' })).toBe(0);
    const sweep = { ...photos, kind: 'sweep' };
    expect(read.value('penumbra_pass_state', { ...sweep, state: 'done' })).toBe(1);
    expect(read.value('penumbra_pass_objects', { ...sweep, outcome: 'copied' })).toBe(1);
    expect(read.value('penumbra_pass_bytes', { ...sweep, outcome: 'copied' })).toBe(11);
    expect(read.value('penumbra_queue_ranges', { state: 'waiting' })).toBe(0);
  });

  const documented = await documentedMetrics();
  for (const [series, labels] of (await scrape(gateway.url)).labels) {
    const known = documented.get(series) ?? documented.get(series.replace(/_(bucket|sum|count)$/, ''));
    expect([series, labels.sort()]).toEqual([series, [...(known ?? [])].sort()]);
  }
});

test('the process tells of its memory, its CPU, its event loop and whether it is in touch with the state', async () => {
  const read = await scrape(gateway.url);
  expect(read.value('process_resident_memory_bytes')).toBeGreaterThan(10_000_000);
  expect(read.value('process_cpu_seconds_total')).toBeGreaterThan(0);
  expect(read.value('penumbra_event_loop_delay_seconds', { quantile: '0.99' })).toBeGreaterThanOrEqual(0);
  expect(read.value('penumbra_processes')).toBe(1);
  expect(read.value('penumbra_processes_in_touch')).toBe(1);
});

describe('who may read', () => {
  const ask = (url: string, headers: Record<string, string> = {}) => fetch(`${url}/_/metrics`, { headers });

  test('without a token: this machine, unless a proxy on it asks for somebody else', async () => {
    expect((await ask(gateway.url)).status).toBe(200);
    const forwarded = await ask(gateway.url, { 'x-forwarded-for': '203.0.113.7' });
    expect(forwarded.status).toBe(403);
    expect(await forwarded.json()).toMatchObject({ error: { code: 'forbidden' } });
  });

  test('with a token: who has it, from wherever', async () => {
    const guarded = await startTestGateway({ config: { metricsToken: TOKEN } });
    try {
      const { url } = guarded;
      const bare = await ask(url);
      expect([bare.status, bare.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="metrics"']);
      expect((await ask(url, { authorization: `Bearer ${TOKEN}x` })).status).toBe(401);
      expect((await ask(url, { authorization: `Basic ${TOKEN}` })).status).toBe(401);
      const holder = { authorization: `Bearer ${TOKEN}`, 'x-forwarded-for': '203.0.113.7' };
      expect((await ask(url, holder)).status).toBe(200);
      expect(JSON.stringify(guarded.logged)).not.toContain(TOKEN);
    } finally {
      await guarded.close();
    }
  });
});
