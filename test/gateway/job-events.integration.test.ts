import { expect, test } from 'vitest';
import { startTestGateway } from './harness.js';

test('a stream of jobs over a socket begins at once, and ends in order when the gateway closes', async () => {
  const gateway = await startTestGateway();
  const base = `${gateway.url}/_/api/admin`;
  const login = await fetch(`${base}/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ password: 'open sesame' }),
  });
  const cookie = login.headers.getSetCookie().join('; ');
  const { status, headers, body } = await fetch(`${base}/jobs/events`, { headers: { cookie } });
  expect([status, headers.get('content-type'), headers.get('cache-control')]).toEqual([
    200,
    'text/event-stream',
    'no-cache',
  ]);
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
  expect((await reader?.read())?.value).toBe('event: snapshot\ndata: {"jobs":[]}\nid: 1\nretry: 2000\n\n');
  const closed = gateway.close();
  expect(await reader?.read()).toEqual({ done: true, value: undefined });
  await closed;
});
