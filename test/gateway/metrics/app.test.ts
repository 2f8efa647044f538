import { expect, test } from 'vitest';
import { createMetricsApp } from '../../../src/gateway/metrics/app.js';

/** The status for a request from that address. */
async function statusFor(remoteAddress: string, token?: string): Promise<number> {
  const app = createMetricsApp({ token, scrape: async () => 'metric 1\n' });
  const incoming = { socket: { remoteAddress } };
  return (await app.request('/', {}, { incoming })).status;
}

test.each([
  ['127.0.0.1', 200],
  ['127.8.9.10', 200],
  ['::1', 200],
  ['::ffff:127.0.0.1', 200],
  ['10.0.0.7', 403],
  ['::ffff:10.0.0.7', 403],
  ['2001:db8::1', 403],
  ['127.0.0.1.example.com', 403],
  ['', 403],
])('without a token %s is answered %i', async (address, status) => {
  expect(await statusFor(address)).toBe(status);
});

test('with a token it does not matter where one asks from, but that one has it', async () => {
  expect(await statusFor('127.0.0.1', 'token')).toBe(401);
});

test('numbers that cannot all be had are not told', async () => {
  const scrape = () => Promise.reject(new Error('worker 12 was not read'));
  const app = createMetricsApp({ token: 'token', scrape });
  const answer = await app.request('/', { headers: { authorization: 'Bearer token' } });
  expect(answer.status).toBe(503);
  expect(await answer.json()).toEqual({ error: { code: 'unavailable', message: 'worker 12 was not read' } });
});
