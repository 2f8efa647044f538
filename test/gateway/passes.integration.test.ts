import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT, startTestGateway, type TestGateway } from './harness.js';

let legacy: TestGateway;
let gateway: TestGateway;

beforeAll(async () => {
  legacy = await startTestGateway();
  gateway = await startTestGateway();
});
afterAll(async () => {
  await gateway?.close();
  await legacy?.close();
});

interface Moving {
  readonly name: string;
  /** As a legacy writer and as a client. */
  putOld(key: string, body: string): Promise<void>;
  put(key: string, body: string): Promise<void>;
  text(key: string): Promise<string>;
  pass(kind: 'sweep' | 'verify', settings?: object): Promise<Record<string, unknown>>;
}

async function moving(objects: Readonly<Record<string, string>>): Promise<Moving> {
  const name = `move-${randomUUID()}`;
  await legacy.createBucket(name);
  const to = (place: TestGateway) => async (key: string, body: string) => {
    const { status } = await place.send({ method: 'PUT', target: `/${name}/${key}`, body });
    expect(status).toBe(200);
  };
  const putOld = to(legacy);
  for (const [key, body] of Object.entries(objects)) await putOld(key, body);
  const { accessKeyId: access_key_id, secretAccessKey: secret_access_key } = ROOT;
  const shadow = { endpoint: legacy.url, region: 'auto', access_key_id, secret_access_key };
  await gateway.createBucket(name, { shadow });
  return {
    name,
    putOld,
    put: to(gateway),
    text: async (key) => (await gateway.send({ target: `/${name}/${key}` })).text,
    async pass(kind, settings = {}) {
      const path = `/buckets/${name}/${kind}`;
      await gateway.admin('POST', path, settings);
      await expect
        .poll(() => gateway.admin('GET', path), { timeout: 20_000 })
        .toMatchObject({ state: 'done' });
      return gateway.admin('GET', path);
    },
  };
}

const of = (objects: number) => ({ objects, bytes: expect.any(Number) });

describe('a bucket that is moving', () => {
  test('is swept, its drift reported, and brought over when the source is to win', async () => {
    const bucket = await moving({ a: 'one', b: 'two', c: 'three' });
    expect(await bucket.pass('sweep')).toMatchObject({ counts: { copied: of(3) } });
    await bucket.putOld('a', 'changed by a legacy writer');
    await bucket.put('b', 'changed by a client');
    expect(await bucket.pass('sweep')).toMatchObject({
      counts: { present: of(1), drifted: of(1), rewritten: of(1) },
    });
    const found = await gateway.admin('GET', `/buckets/${bucket.name}/sweep/findings`);
    expect(found).toMatchObject({ findings: [{ key: 'a', what: 'drifted' }] });
    expect(await bucket.text('a')).toBe('one');
    await expect(gateway.admin('PATCH', `/buckets/${bucket.name}`, { shadow: null })).rejects.toThrow(
      'the shadow has another object than was copied for 1 object',
    );

    expect(await bucket.pass('sweep', { on_drift: 'source-wins' })).toMatchObject({
      counts: { present: of(1), renewed: of(1), rewritten: of(1) },
    });
    expect([await bucket.text('a'), await bucket.text('b')]).toEqual([
      'changed by a legacy writer',
      'changed by a client',
    ]);
    const cleared = await gateway.admin('PATCH', `/buckets/${bucket.name}`, { shadow: null });
    expect(cleared).toMatchObject({ shadow: null, proof: { objects: 3, by: 'listings' } });
  }, 60_000);

  test('is verified: what is missing, what differs and what is the same', async () => {
    const bucket = await moving({ a: 'one', b: 'two', c: 'three' });
    await bucket.text('a');
    await bucket.text('b');
    await expect
      .poll(() => gateway.send({ target: `/${bucket.name}/b` }))
      .toMatchObject({
        headers: { 'x-penumbra-source': 'target' },
      });
    await bucket.putOld('b', 'TWO');
    for (const level of ['listing', 'checksum', 'content'])
      expect(await bucket.pass('verify', { level })).toMatchObject({
        counts: { same: of(1), different: of(1), missing: of(1) },
      });
    const found = await gateway.admin('GET', `/buckets/${bucket.name}/verify/findings`);
    expect(found).toMatchObject({
      findings: [
        { key: 'b', what: 'different' },
        { key: 'c', what: 'missing' },
      ],
    });
  }, 60_000);

  test('loses its shadow by itself when it is drained', async () => {
    const bucket = await moving({ a: 'one', b: 'two' });
    await gateway.admin('PATCH', `/buckets/${bucket.name}`, { when_drained: true });
    await expect
      .poll(() => gateway.admin('GET', `/buckets/${bucket.name}`), { timeout: 30_000 })
      .toMatchObject({ shadow: null });
    await legacy.send({ method: 'DELETE', target: `/${bucket.name}/a` });
    expect(await bucket.text('a')).toBe('one');
  }, 60_000);
});
