import { afterEach, beforeEach, expect, it } from 'vitest';
import type { JobJson } from '../../../src/gateway/admin/job-schemas.js';
import { type AdminFixture, startAdmin } from './fixture.js';

let admin: AdminFixture;

beforeEach(async () => {
  admin = await startAdmin();
  await admin.ask('POST', '/buckets', { body: { name: 'photos' } });
});
afterEach(() => admin.close());

interface ServerSentEvent {
  readonly event: string;
  readonly data: string;
  readonly id: string;
  readonly retry: string;
}

/** As a browser's EventSource reads them. */
async function open() {
  const { status, headers, body } = await admin.app.request('/jobs/events', {
    headers: { cookie: 'penumbra_session=the-session' },
  });
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  async function next(): Promise<ServerSentEvent | undefined> {
    while (!text.includes('\n\n')) {
      const { value, done } = (await reader?.read()) ?? { value: undefined, done: true };
      if (done) return undefined;
      text += value;
    }
    const [block = '', ...rest] = text.split('\n\n');
    text = rest.join('\n\n');
    const fields = block.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2));
    return Object.fromEntries(fields) as ServerSentEvent;
  }
  return { status, type: headers.get('content-type'), next, close: () => reader?.cancel() };
}

const begin = () =>
  admin.ask('POST', '/buckets/photos/migrate', {
    body: { target_backend: 'local-disk', target_bucket: 'photos-2' },
  });

it('a stream of jobs begins with all of them, and goes on with what changes', async () => {
  await begin();
  const { status, type, next, close } = await open();
  expect([status, type]).toEqual([200, 'text/event-stream']);
  const first = await next();
  expect(first).toMatchObject({ event: 'snapshot', id: '1', retry: '2000' });
  const { jobs } = JSON.parse(first?.data ?? '') as { jobs: JobJson[] };
  expect(jobs.map(({ id, status }) => [id, status])).toEqual([['maintenance:1', 'queued']]);
  await admin.ask('POST', '/jobs/1/cancel');
  const second = await next();
  expect(second).toMatchObject({ event: 'job', id: '2' });
  expect(JSON.parse(second?.data ?? '')).toMatchObject({ id: 'maintenance:1', status: 'cancelling' });
  await close();
});

it('a stream of jobs begins although there are none, and tells of the first', async () => {
  const { next, close } = await open();
  expect(JSON.parse((await next())?.data ?? '')).toEqual({ jobs: [] });
  await begin();
  expect(JSON.parse((await next())?.data ?? '')).toMatchObject({ id: 'maintenance:1' });
  await close();
});

it('streams end when the gateway begins to close, and no other is begun', async () => {
  const { next } = await open();
  await next();
  admin.drain();
  expect(await next()).toBeUndefined();
  expect((await open()).status).toBe(503);
});

it('no more than 64 streams are open, and one that was left makes room', async () => {
  const streams = [];
  for (let count = 0; count < 64; count += 1) streams.push(await open());
  expect((await open()).status).toBe(503);
  const [first, ...others] = streams;
  await first?.close();
  await expect.poll(async () => (await open()).status).toBe(200);
  for (const stream of others) await stream.close();
});

it('a stream is not for whoever has no session', async () => {
  expect((await admin.app.request('/jobs/events')).status).toBe(401);
});
