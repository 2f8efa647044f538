import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FindingsJson } from '../../../src/gateway/admin/pass-schemas.js';
import type { Finding, Pass, PassKind } from '../../../src/state/passes/pass-record.js';
import { Passes } from '../../../src/state/passes/passes.js';
import { Counter } from '../../../src/state/passes/tally.js';
import { newRange } from '../../../src/sweep/passes/run-range.js';
import { systemClock } from '../../../src/system/clock.js';
import { type AdminFixture, type Answer, SHADOW, startAdmin } from './fixture.js';

let admin: AdminFixture;
let passes: Passes;

beforeEach(async () => {
  admin = await startAdmin();
  passes = new Passes(admin.kv, systemClock);
  await admin.ask('POST', '/buckets', { body: { name: 'photos', shadow: SHADOW } });
});
afterEach(() => admin.close());

const post = (path: string, body?: object) => admin.ask('POST', `/buckets/photos/${path}`, { body });
const patch = (path: string, body: object) => admin.ask('PATCH', `/buckets/photos/${path}`, { body });
const get = async (path: string) => (await admin.ask('GET', `/buckets/photos/${path}`)).json;
const messageOf = ({ json }: Answer) => (json.error as { message: string }).message;

async function changePass(kind: PassKind, change: Partial<Pass>): Promise<Pass> {
  const record = await admin.deps.buckets.get('photos');
  const changed = await passes.change(record?.id ?? '', kind, (pass) => pass && { ...pass, ...change });
  if (!changed) throw new Error('no pass was begun');
  return changed;
}

describe.each(['sweep', 'verify'] as const)('a %s', (kind) => {
  it('is idle until it is begun', async () => {
    expect(await get(kind)).toEqual({
      state: 'idle',
      objects_copied: 0,
      bytes_copied: 0,
      failed: 0,
      started_at: null,
      finished_at: null,
      last_error: null,
    });
    expect((await get(`${kind}/findings`)).findings).toEqual([]);
  });

  it('is begun without settings, paused, gone on with and stopped', async () => {
    expect(await post(kind)).toMatchObject({
      status: 202,
      json: { state: 'planning', number: 1, finished_at: null, is_over: false, waits_for: null },
    });
    expect(await post(`${kind}/pause`)).toMatchObject({ status: 200, json: { state: 'paused' } });
    expect((await post(`${kind}/resume`)).json).toMatchObject({ state: 'planning' });
    expect((await post(`${kind}/stop`)).json).toMatchObject({ state: 'stopped', is_over: true });
    const refused = await post(`${kind}/resume`);
    expect([refused.status, messageOf(refused)]).toEqual([409, `the ${kind} of "photos" is stopped`]);
    expect((await post(kind)).json).toMatchObject({ state: 'planning', number: 2 });
  });

  it('is not paused, changed or tried again before it was begun', async () => {
    for (const answer of [await post(`${kind}/pause`), await patch(kind, { max_requests: 3 })])
      expect([answer.status, messageOf(answer)]).toEqual([409, `no ${kind} of "photos" was begun`]);
    expect((await post(`${kind}/retry-failed`)).status).toBe(409);
  });

  it('is refused where there is nothing to compare with, and where there is no bucket', async () => {
    await admin.ask('POST', '/buckets', { body: { name: 'alone' } });
    expect((await admin.ask('POST', `/buckets/alone/${kind}`)).status).toBe(409);
    expect((await admin.ask('POST', `/buckets/nothing/${kind}`)).status).toBe(404);
  });

  it('keeps to limits, which are changed while it goes on', async () => {
    const limits = { max_bandwidth: '50MB', max_requests: 200, window: '22:00-6:00 UTC' };
    const begun = { max_bandwidth: 50_000_000, max_requests: 200, window: '22:00-06:00 UTC' };
    expect((await post(kind, limits)).json.settings).toMatchObject(begun);
    const changed = await patch(kind, { max_bandwidth: 'off', max_requests: 20 });
    expect(changed.json.settings).toMatchObject({ ...begun, max_bandwidth: null, max_requests: 20 });
    expect((await post(kind, { window: 'off' })).json.settings).toMatchObject({
      window: null,
      max_requests: 20,
    });
  });

  it.each([
    [{ max_bandwidth: '50 parsecs' }, 'max_bandwidth "50 parsecs" must be bytes per second'],
    [{ max_requests: 0 }, 'max_requests 0 must be a whole number of requests'],
    [{ window: 'at night' }, 'window "at night" must be two times of day'],
    [{ speed: 3 }, 'Unrecognized key: "speed"'],
  ])('is not begun, nor changed, by %j', async (settings, message) => {
    for (const answer of [await post(kind, settings), await patch(kind, settings)])
      expect([answer.status, messageOf(answer)]).toEqual([400, expect.stringContaining(message)]);
    expect(await get(kind)).toMatchObject({ state: 'idle' });
  });
});

describe('settings of a kind of its own', () => {
  it('are those of a sweep', async () => {
    const { json } = await post('sweep', { on_drift: 'source-wins', catch_up: true });
    expect(json.settings).toEqual({
      max_bandwidth: null,
      max_requests: null,
      window: null,
      on_drift: 'source-wins',
      catch_up: true,
    });
    expect(messageOf(await post('sweep', { on_drift: 'panic' }))).toBe(
      'on_drift "panic" must be "report", "source-wins" or "target-wins"',
    );
    expect((await post('sweep', { level: 'content' })).status).toBe(400);
  });

  it('are those of a verification, which it keeps as long as it goes on', async () => {
    expect((await post('verify', { level: 'content', sample: 0.01 })).json.settings).toMatchObject({
      level: 'content',
      sample: 0.01,
    });
    const refused = await post('verify', { level: 'listing' });
    expect([refused.status, messageOf(refused)]).toEqual([
      409,
      'the verify of "photos" is under way by level content, of 1 % of all keys: stop it to begin another',
    ]);
    expect((await patch('verify', { level: 'listing' })).status).toBe(400);
    expect(messageOf(await post('verify', { sample: 2 }))).toBe(
      'sample 2 must be a share of all keys, above 0 to 1',
    );
    await post('verify/stop');
    expect((await post('verify', { level: 'listing' })).json.settings).toMatchObject({ level: 'listing' });
  });
});

describe('how far a pass is', () => {
  it('is told with its totals and their basis, its rate, what came of keys and why', async () => {
    await post('sweep');
    const counter = new Counter();
    counter.add({ outcome: 'copied', bytes: 300 });
    counter.add({ outcome: 'deleted', bytes: 100 });
    counter.add({ outcome: 'failed', bytes: 50, reason: 'the shadow refused it' });
    const plan = { isComplete: true, ranges: 2, objects: 6, bytes: 600, basis: 'sampled 3 pages' };
    const pass = await changePass('sweep', {
      ...{ state: 'running', plan, finished: 1, tally: counter.tally, kept: 1 },
    });
    const owner = { id: 'gateway-7', until: systemClock.now() + 60_000 };
    const rate = { objects: 2, bytes: 150 };
    await passes.addRanges(pass, [{ ...newRange({ id: 'b', planned: 3 }), owner, rate }]);
    expect(await get('sweep')).toMatchObject({
      ...{ state: 'running', objects_copied: 1, bytes_copied: 300, failed: 1 },
      objects: { done: 2, total: 6 },
      bytes: { done: 400, total: 900 },
      exact: false,
      basis: 'sampled 3 pages; 1 of 2 ranges done',
      rate,
      eta_seconds: 4,
      counts: { copied: { objects: 1, bytes: 300 }, deleted: { objects: 1, bytes: 100 } },
      reasons: [{ outcome: 'failed', reason: 'the shadow refused it', count: 1 }],
      findings: { kept: 1, spilled: 0, spilled_to: null },
      ranges: { done: 1, total: 2 },
      workers: ['gateway-7'],
      is_over: false,
    });
  });

  it('is told in bytes by the listing that planned it, where large objects are still to come', async () => {
    await post('sweep');
    const counter = new Counter();
    counter.add({ outcome: 'copied', bytes: 10 });
    const plan = { isComplete: true, ranges: 2, objects: 3, bytes: 5_020, basis: 'listed' };
    const pass = await changePass('sweep', {
      ...{ state: 'running', plan, finished: 1, tally: counter.tally, kept: 0 },
    });
    await passes.addRanges(pass, [newRange({ id: 'b', planned: 2 })]);
    expect(await get('sweep')).toMatchObject({
      objects: { done: 1, total: 3 },
      bytes: { done: 10, total: 5_020 },
    });
  });

  it('is that it waits, outside of its window', async () => {
    const hour = new Date(systemClock.now()).getUTCHours();
    const [from, to] = [(hour + 2) % 24, (hour + 3) % 24].map((one) => String(one).padStart(2, '0'));
    await post('sweep', { window: `${from}:00-${to}:00 UTC` });
    await changePass('sweep', { state: 'running' });
    const { waits_for } = await get('sweep');
    expect(waits_for).toMatch(/^its window \d\d:00-\d\d:00 UTC, which opens at .*T\d\d:00:00\.000Z$/);
    expect(waits_for).toContain(`T${from}:00`);
    await patch('sweep', { window: 'off' });
    expect((await get('sweep')).waits_for).toBeNull();
  });

  it('is what its processes wait for, but for what is always so', async () => {
    await post('sweep');
    const pass = await changePass('sweep', { state: 'running' });
    const owner = { id: 'gateway-7', until: systemClock.now() + 60_000 };
    const waits = [{ for: 'target', until: 0 }, { for: 'slots' }, { for: 'clients' }];
    await passes.addRanges(
      pass,
      waits.map((wait, index) => ({ ...newRange({ id: `${index}`, planned: 3 }), owner, waits: wait })),
    );
    expect((await get('sweep')).waits_for).toBe(
      'the target, which asks to be left alone until 1970-01-01T00:00:00.000Z, clients, whose requests go first',
    );
  });

  it('is not that it is over when another pass follows by itself', async () => {
    await post('sweep', { catch_up: true });
    const counter = new Counter();
    counter.add({ outcome: 'copied', bytes: 1 });
    await changePass('sweep', { state: 'done', tally: counter.tally });
    expect(await get('sweep')).toMatchObject({ state: 'done', is_over: false });
    await patch('sweep', { catch_up: false });
    expect(await get('sweep')).toMatchObject({ state: 'done', is_over: true });
  });
});

describe('what a pass found of single keys', () => {
  const finding = (key: string): Finding => ({
    ...{ key, what: 'failed', reason: 'r', bytes: 7, attempts: 3, at: 4 },
  });

  beforeEach(async () => {
    await post('sweep');
    const pass = await changePass('sweep', { state: 'running' });
    const ref = { ...pass, range: 'a' };
    await passes.addRanges(pass, [newRange({ id: 'a', planned: 9 })]);
    const held = await passes.claim(ref, 'me', 60_000);
    if (!held) throw new Error('the range is taken');
    const pages = [['k1', 'k2'], ['k3'], ['k4']].map((keys, index) => ({
      ...{ id: `a-00000${index}`, findings: keys.map(finding) },
    }));
    await passes.finish(held, held.range, { pages });
  });

  const keysOf = (json: Record<string, unknown>) => (json as FindingsJson).findings.map(({ key }) => key);

  it('is told in whole pages, and no key is left out between them', async () => {
    const first = await get('sweep/findings?limit=3');
    expect((first as FindingsJson).findings[0]).toEqual({
      ...{ key: 'k1', what: 'failed', reason: 'r', bytes: 7, attempts: 3, at: '1970-01-01T00:00:00.004Z' },
    });
    expect(keysOf(first)).toEqual(['k1', 'k2', 'k3']);
    const second = await get(`sweep/findings?limit=3&after=${first.next}`);
    expect([keysOf(second), second.next]).toEqual([['k4'], null]);
    expect(keysOf(await get('sweep/findings?limit=1'))).toEqual(['k1', 'k2']);
  });

  it('is tried again where it failed', async () => {
    expect((await post('sweep/retry-failed')).json).toMatchObject({ retried: 4, state: 'running' });
  });

  it('is tried again key by key, where that is asked for', async () => {
    expect((await post('sweep/retry-failed', { keys: ['k4', 'k2'] })).json).toMatchObject({ retried: 2 });
    expect((await post('sweep/retry-failed', { keys: ['k2', 'k1', 'other'] })).json.retried).toBe(1);
    expect((await post('sweep/retry-failed', {})).json.retried).toBe(1);
  });

  it.each([
    [{ keys: [''] }, 'keys.0 "" must be a key of 1 to 2,048 characters'],
    [{ keys: 'k1' }, 'keys "k1" must be at most 1,000 keys'],
    [{ keys: Array.from({ length: 1_001 }, () => 'k1') }, 'must be at most 1,000 keys'],
    [{ key: 'k1' }, 'Unrecognized key: "key"'],
  ])('is not tried again by %j', async (body, message) => {
    const refused = await post('sweep/retry-failed', body);
    expect([refused.status, messageOf(refused)]).toEqual([400, expect.stringContaining(message)]);
    expect((await get('sweep')).failed).toBe(0);
  });

  it('is asked for by the place that the page before named', async () => {
    const refused = await admin.ask('GET', '/buckets/photos/sweep/findings?after=A%2F');
    expect([refused.status, messageOf(refused)]).toEqual([
      400,
      'after "A/" must be `next` of the page before',
    ]);
  });
});
