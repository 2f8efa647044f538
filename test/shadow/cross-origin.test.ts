import { expect, test } from 'vitest';
import { BackendUnavailable } from '../../src/backends/backend.js';
import type { HeaderFields, S3Filter } from '../../src/s3/message.js';
import { movingBucket } from './moving.js';

const APP = 'https://app.example';
const OTHER = 'https://other.example';

/** A store whose CORS rules let in the scripts of one site. */
const letting =
  (site: string): S3Filter =>
  (service) =>
  async (request) => {
    const isLet = request.headers.origin === site;
    const rules = isLet ? { 'access-control-allow-origin': site, vary: 'Origin' } : {};
    if (request.method === 'OPTIONS') return { status: isLet ? 200 : 403, headers: rules };
    const answer = await service(request);
    return { ...answer, headers: { ...answer.headers, ...rules } };
  };

/** Whom an answer may be read by. */
const readers = ({ headers }: { headers: HeaderFields }) => headers['access-control-allow-origin'];
const by = (origin: string, headers: HeaderFields = {}) => ({ headers: { ...headers, origin } });

test('what comes from the shadow may be read by whom the target lets in, whatever the shadow says', async () => {
  const { client, shadow } = await movingBucket({ onTarget: letting(APP), onShadow: letting(OTHER) });
  await shadow.put('a', 'old');
  const part = { range: 'bytes=0-1' };
  for (const method of ['HEAD', 'GET']) {
    const answer = await client.ask(method, 'a', by(APP, part));
    expect(answer.headers).toMatchObject({ 'x-penumbra-source': 'shadow', vary: 'Origin' });
    expect(readers(answer)).toBe(APP);
    expect(readers(await client.ask(method, 'a', by(OTHER, part)))).toBeUndefined();
    expect(readers(await client.ask(method, 'a', { headers: part }))).toBeUndefined();
  }
  const whole = await client.ask('GET', 'a', by(APP));
  expect([whole.text, readers(whole)]).toEqual(['old', APP]);
});

test('what is made of both may be read by whom the target lets in', async () => {
  const { client, shadow } = await movingBucket({ onTarget: letting(APP), writeThrough: true });
  await shadow.put('a', 'old');
  const put = await client.ask('PUT', 'b', { ...by(APP), body: 'new' });
  const listed = await client.ask('GET', '', { ...by(APP), query: 'list-type=2' });
  const deleted = await client.ask('DELETE', 'b', by(APP));
  const missing = await client.ask('GET', 'b', by(APP));
  const answers = [put, listed, deleted, missing];
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 204, 404]);
  expect(answers.map(readers)).toEqual([APP, APP, APP, APP]);
  expect(readers(await client.ask('DELETE', 'a', by(OTHER)))).toBeUndefined();
});

test('the target is asked for its rules only when the answer is not its own', async () => {
  const { client, target, asked } = await movingBucket({ onTarget: letting(APP) });
  await target.put('a', 'new');
  for (const origin of [APP, OTHER]) {
    await client.ask('GET', 'a', by(origin));
    await client.ask('GET', 'none', by(origin));
    await client.ask('PUT', 'b', { ...by(origin), body: 'b' });
  }
  expect(asked.target.filter(({ method }) => method === 'OPTIONS')).toEqual([]);
});

test('a target that cannot be asked lets nobody in, and what was done is done', async () => {
  const silent: S3Filter = (service) => async (request) => {
    if (request.method === 'OPTIONS') throw new BackendUnavailable('new', 'reset', true);
    return service(request);
  };
  const { client, shadow } = await movingBucket({ onTarget: silent });
  await shadow.put('a', 'old');
  expect(await client.ask('GET', 'a', by(APP))).toMatchObject({ status: 200, text: 'old' });
  expect(readers(await client.ask('GET', 'a', by(APP)))).toBeUndefined();
});
